"""Files that are whole or absent."""

import os

import pytest

from ganbench.core.files import write_bytes


def test_writes_are_whole_or_absent(tmp_path, monkeypatch):
    write_bytes(tmp_path / "a", b"old")

    def no(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", no)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]  # nothing half written stays
