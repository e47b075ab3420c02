"""Tables, recipes, weights and other files of words and numbers."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.faults.hostile_files import FILES, SCORE, Made, hostile, pickled

ROWS = "".join(f"{i},{i * i % 7}.5\n" for i in range(30))


def table(path: Path, content: bytes | str, says: str) -> Made:
    (path / "bad.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return "plan --dataset tabular:~/bad.csv", says


@hostile
def a_table_of_200_000_columns(path):
    return table(path, ",".join(f"c{i}" for i in range(200_000)) + "\n", "200,000 columns")


@hostile
def a_table_of_nothing(path):
    return table(path, "", "is empty")


@hostile
def a_table_of_one_endless_line(path):
    return table(path, "a,b\n" + "x" * 10_000_000, "is not CSV")


@hostile
def a_table_of_an_endless_quote(path):
    return table(path, 'a,b\n1,"' + "\n" * 1_000_000, "is not CSV")


@hostile
def a_table_that_is_too_large(path):
    with open(path / "bad.csv", "wb") as file:
        file.truncate(2**32)
    return "plan --dataset tabular:~/bad.csv", "bytes, and at most"


@hostile
def a_table_of_zeros(path):
    return table(path, bytes(1_000_000), "bad.csv")


@hostile
def a_table_that_is_no_text(path):
    return table(path, b"a,b\n\xff\xfe1,2\n", "is not UTF-8 (line 2)")


@hostile
def a_table_of_infinities(path):
    return table(path, "a,b\n" + ROWS + "inf,1\n", "'inf' in column a")


@hostile
def a_table_of_huge_numbers(path):
    return table(path, "a,b\n" + ROWS + "1e300,1\n", "beyond 1e+100")


@hostile
def a_table_with_a_ragged_line(path):
    return table(path, "a,b\n" + ROWS + "1,2,3\n", "3 fields")


@hostile
def a_table_whose_names_forge(path):
    return table(
        path, '"a\nganbench: fine\x1b[2J",b\n' + "1,2\n" * 30, "\\nganbench: fine\\x1b[2J is 1"
    )


@hostile
def a_table_of_secrets(path):
    return table(path, "a,b\n" + "".join(f"{i},t{i}\n" for i in range(200)), "different texts")


@hostile
def a_pipe_as_a_table(path):
    os.mkfifo(path / "bad.csv")
    return "plan --dataset tabular:~/bad.csv", "no regular file"


@hostile
def dev_zero_as_a_table(path):
    return "plan --dataset tabular:/dev/zero", "no regular file"


@hostile
def a_folder_as_a_table(path):
    return "plan --dataset tabular:~", "is a folder"


# ---- recipes, weights, models, run directories ----

RECIPE = "plan --dataset ring2d --variants ns --preset smoke --recipe ~/bad.json"


def recipe(path: Path, content: bytes | str, says: str) -> Made:
    (path / "bad.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    return RECIPE, says


for name, (content, says) in {
    "garbage": (b"\xff\xfe\0", "is not JSON"),
    "nothing": ("", "is not JSON"),
    "a_list": ("[]", "is not a recipe"),
    "nesting": ("[" * 100_000, "is not JSON"),
    "another_shape": ('{"variants": [1, 2]}', "is not a recipe"),
    "a_rate_that_is_nan": (
        json.dumps({"name": "x", "dataset": "ring2d", "arch": "toy",
                    "variants": {"ns": {"rate_factor": "nan"}}}), "is not a recipe"),
    "a_rate_below_0": (
        json.dumps({"name": "x", "dataset": "ring2d", "arch": "toy",
                    "variants": {"ns": {"configuration": {"lr": "-1"}}}}), "lr is -1.0"),
    "a_moment_of_two": (
        json.dumps({"name": "x", "dataset": "ring2d", "arch": "toy",
                    "variants": {"ns": {"configuration": {"beta1": "2"}}}}), "beta1 is 2"),
    "another_data_set": (
        json.dumps({"name": "x", "dataset": "mnist", "arch": "toy", "variants": {}}),
        "was made for mnist"),
}.items():  # fmt: skip
    FILES[f"a_recipe_of_{name}"] = lambda path, content=content, says=says: recipe(
        path, content, says
    )


@hostile
def a_recipe_that_is_too_large(path):
    with open(path / "bad.json", "wb") as file:
        file.truncate(2**33)
    return RECIPE, "bytes, and at most"


@hostile
def a_pipe_as_a_recipe(path):
    os.mkfifo(path / "bad.json")
    return RECIPE, "no regular file"


@hostile
def dev_zero_as_a_recipe(path):
    return RECIPE.replace("~/bad.json", "/dev/zero"), "no regular file"


@hostile
def a_pipe_as_weights(path):
    os.mkfifo(path / "bad.pt")
    return f"{SCORE} ~/ok.npy --features torchscript:~/bad.pt", "no regular file"


@hostile
def a_pickle_as_weights(path):
    (path / "bad.pt").write_bytes(pickled(path))
    return f"{SCORE} ~/ok.npy --features torchscript:~/bad.pt", "is not what torch.jit.save writes"


@hostile
def a_pickle_as_weights_of_inception(path):
    (path / "bad.pt").write_bytes(pickled(path))
    return f"{SCORE} ~/ok.npy --features inception --weights ~/bad.pt", "SHA-256"


@hostile
def dev_zero_as_weights_of_inception(path):
    return f"{SCORE} ~/ok.npy --features inception --weights /dev/zero", "no regular file"


@hostile
def dev_zero_as_a_function(path):
    return f"{SCORE} ~/ok.npy --features python:/dev/zero:f", "no regular file"


@hostile
def a_data_folder_of_garbage(path):
    (path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12)
    return "plan --dataset fashion-mnist --data-dir ~", "fashion"


@hostile
def a_run_directory_that_is_a_file(path):
    return "report ~/ok.npy", "ok.npy"
