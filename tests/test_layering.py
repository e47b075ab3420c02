"""A file imports only from lower layers; the tree in the README is the tree on the disk."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ganbench"

LAYERS = {
    "__init__": -1,
    "lazy": 0, "errors": 0, "spec": 0, "registry": 0, "seeds": 0,
    "losses": 1, "penalties": 1, "constraints": 1, "optim": 1, "cache": 1, "provenance": 1,
    "sides": 1, "inputs": 1, "views": 1, "networks": 1, "divergences": 1, "extras": 1, "terms": 1,
    "published": 1, "memory": 1,
    "suites": 2, "variants": 2, "modifiers": 2, "archs": 2, "data": 2, "features": 2,
    "metrics": 2, "stats": 2,
    "train": 3,
    "store": 4, "evaluate": 4, "protocols": 4, "plan": 4, "selection": 4, "scoring": 5,
    "runner": 5, "engines": 5, "reports": 5,
    "listing": 6, "worker": 6, "estimate": 6, "progress": 6, "api": 6, "verify": 7,
    "cli": 8, "__main__": 9,
}  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the parts of ganbench that a file imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ganbench":
            rest = node.module.split(".")[1:]
            found |= {rest[0]} if rest else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("ganbench."):
                    found.add(alias.name.split(".")[1])
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path):
    own = part(path)
    for other in imported(path):
        if other not in LAYERS:
            continue  # a name of the package itself, such as __version__
        # within one layer: only inside one part, or among the plain files of layers 0, 1 and 4
        same = other == own or (LAYERS[own] == LAYERS[other] and LAYERS[own] in (0, 1, 4))
        assert LAYERS[other] < LAYERS[own] or same, f"{own} imports {other}"


def test_every_part_has_a_layer():
    assert {part(path) for path in FILES} <= set(LAYERS)


@pytest.mark.parametrize("name", ["torch.func", "torch.compile", "cuda.graph"])
def test_program_transforms_stay_in_the_trainer(name):
    for path in FILES:
        if part(path) not in ("train", "penalties", "lazy"):
            assert name not in path.read_text(), path


def test_files_are_short():
    long = {str(p): n for p in FILES if (n := len(p.read_text().splitlines())) > 320}
    assert not long


def tree() -> set[str]:
    """Return the paths of the README's file tree."""
    block = re.search(r"```text\n(ganbench/.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert block, "README has no file tree"
    found, stack = set(), []
    for line in block.group(1).splitlines():
        match = re.match(r"( *)(\S+)", line)
        if match:
            depth = len(match.group(1)) // 2
            stack = [*stack[:depth], match.group(2)]
            if not match.group(2).endswith("/"):
                found.add("".join(stack))
    return found


def test_readme_tree_is_the_disk():
    disk = {str(p.relative_to(ROOT)) for p in FILES}
    assert {p for p in tree() if p.startswith("ganbench/") and p.endswith(".py")} == disk
    for path in tree():
        assert (ROOT / path).exists(), path
