"""Fixtures of the evaluation's tests."""

import pytest
from PIL import Image

from ganbench.core import registry


@pytest.fixture
def folders(tmp_path):
    """Two folders of MNIST images as png, and the arrays they were made from."""
    data = registry.datasets.get("mnist").load(None)
    sides = {"real": data.test[:60], "fake": data.train[:40]}
    for name, images in sides.items():
        (tmp_path / name).mkdir()
        for i, image in enumerate(images):
            Image.fromarray(image[0]).save(tmp_path / name / f"{i:03}.png")
    return tmp_path, sides


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache that no other test has written to."""
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
