"""Runs that several test files compare with."""

import pytest

import ganbench
from tests.experiment._clusters import GRID, LONG, results


@pytest.fixture(scope="session")
def alone(tmp_path_factory):
    """The same grids by the local engine."""
    base = tmp_path_factory.mktemp("alone")
    for name, given in (("grid", GRID), ("long", LONG)):
        ganbench.run(out=base / name, engine="local", workers=2, **given)
    return {name: results(base / name) for name in ("grid", "long")}
