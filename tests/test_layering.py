"""Imports run one way; files are short; the tree in the README is the tree on the disk."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ganbench"
ORDER = (
    "core -> metrics data archs stats -> methods evaluation -> training -> tasks -> experiment "
    "-> reports -> api bench -> cli verify"
)
PLACE = {room: i for i, step in enumerate(ORDER.split(" -> ")) for room in step.split()}
FILES = sorted(PACKAGE.rglob("*.py"))
TRANSFORMS = ("torch.func", "torch.compile", "torch._functorch", "functorch", "torch.fx")
TRANSFORM_CALLS = {"vmap", "grad", "grad_and_value", "functional_call", "jacrev", "vjp", "jvp"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(path: Path) -> set[str]:
    """Return every module that a file imports, at any depth, in full."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    return modules


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_from_left_to_right(path):
    own = room(path)
    if own == "__init__":
        return
    for module in imported_modules(path):
        parts = module.split(".")
        if parts[0] == "ganbench" and len(parts) > 1 and parts[1] in PLACE and parts[1] != own:
            assert PLACE[parts[1]] < PLACE[own], f"{own} imports {module}"


def test_every_room_has_its_place_and_nothing_lies_loose():
    assert {room(path) for path in FILES} == {*PLACE, "__init__"}
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "api.py"}


def test_the_order_is_told_in_the_documentation():
    told = (ROOT / "docs" / "architecture.md").read_text()
    assert ORDER in re.sub(r"\s+", " ", told.replace("`", "").replace(",", ""))


def uses_transforms(path: Path) -> bool:
    """Return whether a file reaches for ``torch.func`` and its like, by import or attribute."""
    text = path.read_text()
    if any(m.startswith(TRANSFORMS) for m in imported_modules(path)):
        return True
    if "ganbench.core.lazy.func" in imported_modules(path):
        return True
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node).startswith(TRANSFORMS)
        for node in ast.walk(ast.parse(text))
    )


def test_program_transforms_stay_in_the_trainer_and_in_losses_that_differentiate():
    """``func`` from core.lazy, or torch.func itself, in training/ and these files alone."""
    allowed = {
        "core/lazy.py",  # hands it out
        "methods/penalties.py",  # gradients of D with respect to its input
        "methods/zoo/top_k.py",  # the loss of each sample
    }
    users = {str(p.relative_to(PACKAGE)) for p in FILES if uses_transforms(p)}
    assert {u for u in users if not u.startswith("training/")} <= allowed
    assert "training/step.py" in users and "methods/penalties.py" in users  # the test can see


def test_files_and_functions_are_short():
    long = {str(p): n for p in FILES if (n := len(p.read_text().splitlines())) > 320}
    assert not long
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = node.end_lineno - body[0].lineno + 1 if body else 0
                assert lines <= 60, f"{path}: {node.name} has {lines} lines"


def test_test_files_are_short():
    long = {
        str(p): n
        for p in (ROOT / "tests").rglob("*.py")
        if (n := len(p.read_text().splitlines())) > 420
    }
    assert not long


def tree() -> set[str]:
    """Return the paths of the README's file tree."""
    block = re.search(r"```text\n(ganbench/.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert block, "README has no file tree"
    paths, stack = set(), []
    for line in block.group(1).splitlines():
        match = re.match(r"( *)(\S+)", line)
        if match:
            depth = len(match.group(1)) // 2
            stack = [*stack[:depth], match.group(2)]
            paths.add("".join(stack))
    return paths


def test_every_path_of_the_readme_tree_is_on_the_disk_and_no_room_is_missing():
    paths = tree()
    for path in paths:
        assert (ROOT / path).exists(), path
    rooms = {f"ganbench/{name}/" for name in PLACE if (PACKAGE / name).is_dir()}
    assert rooms <= paths
    assert {"ganbench/training/step.py", "ganbench/experiment/execute.py"} <= paths
