"""Inception features, in which a Fréchet distance is called FID: 2048 numbers before the logits.

Heusel et al. 2017 (arXiv:1706.08500), in the network of Szegedy et al. 2015 (arXiv:1512.00567), as
pytorch-fid has it: its layers, its weights (ported from the TensorFlow network of 2015-12-05), its
scaling to 0..1, its bilinear resizing to 299x299 (not antialiased) and 2 x - 1. Grey images are
repeated in three channels. The network is torchvision's with the nine blocks that pytorch-fid
changes; nothing of either module is replaced.

The weights are read from the file that ``--weights`` or ``GANBENCH_INCEPTION_WEIGHTS`` names, else
from torch hub's cache, where they are downloaded to if they are missing. Their whole SHA-256 is
checked wherever they come from.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extractor, Features, Suits
from ganbench.core.kinds.features import WEIGHTS
from ganbench.core.lazy import F, np, torch
from ganbench.core.registry import register
from ganbench.core.whole_files import file_bytes
from ganbench.evaluation.features._network import device, of_images

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ganbench.core.kinds import Array

VARIABLE = "GANBENCH_INCEPTION_WEIGHTS"
FILE = "pt_inception-2015-12-05-6726825d.pth"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
SIZE, FEATURES = 299, 2048  # pixels a side; the last average pooling
CLASSES = 1008  # of the TensorFlow network
BATCH = 50
FLOOR_DRAWS = 2  # 10,000 images take minutes on a CPU
NAMES = {"fd": "fid", "kd": "kid", "fd_inf": "fid_inf"}
BLOCKS = {  # pytorch-fid's in place of torchvision's: (class, channels in, and of the branch)
    "Mixed_5b": ("FIDInceptionA", (192, 32)),
    "Mixed_5c": ("FIDInceptionA", (256, 64)),
    "Mixed_5d": ("FIDInceptionA", (288, 64)),
    "Mixed_6b": ("FIDInceptionC", (768, 128)),
    "Mixed_6c": ("FIDInceptionC", (768, 160)),
    "Mixed_6d": ("FIDInceptionC", (768, 160)),
    "Mixed_6e": ("FIDInceptionC", (768, 192)),
    "Mixed_7b": ("FIDInceptionE_1", (1280,)),
    "Mixed_7c": ("FIDInceptionE_2", (2048,)),
}


def cache() -> Path:
    """Return where torch hub keeps the weights."""
    return Path(torch.hub.get_dir(), "checkpoints", FILE)


def named_file() -> str | None:
    """Return the weights file that the user names: for this command, or on this machine."""
    return os.environ.get(WEIGHTS) or os.environ.get(VARIABLE)


def read_weights() -> bytes:
    """Return the content of the weights file, downloaded if it is nowhere.

    Raises:
        UsageError: it cannot be had, or its SHA-256 is wrong.
    """
    from pytorch_fid.inception import FID_WEIGHTS_URL

    cached, named = cache(), named_file()
    path = Path(named or cached)
    place = f"{cached}, or wherever --weights FILE or {VARIABLE} says"
    doing = f"read {path}"
    try:
        if not named and not path.exists():
            doing = f"download {FID_WEIGHTS_URL}"
            path.parent.mkdir(parents=True, exist_ok=True)
            # it writes under another name, checks the hash, then renames
            torch.hub.download_url_to_file(FID_WEIGHTS_URL, str(path), SHA256, sys.stderr.isatty())
        raw = file_bytes(path)
    except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: a wrong hash
        raise UsageError(
            f"cannot {doing}: {error}; put {FILE} (SHA-256 {SHA256}) at {place}"
        ) from None
    sha256 = hashlib.sha256(raw).hexdigest()
    if sha256 != SHA256:
        raise UsageError(
            f"{path} has the SHA-256 {sha256}, not {SHA256}; put the right {FILE} at {place}"
        )
    return raw


def network(raw: bytes) -> nn.Module:
    """Return the network with the weights ``raw``: ``[N, 3, 299, 299]`` in -1..1 -> ``[N, 2048]``.

    Raises:
        RuntimeError: the weights are another network's.
    """
    from pytorch_fid import inception
    from torchvision.models import Inception3

    state = torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)
    model = Inception3(CLASSES, aux_logits=False, init_weights=False)
    for place, (block, channels) in BLOCKS.items():
        setattr(model, place, getattr(inception, block)(*channels))
    model.load_state_dict(state)
    model.fc = torch.nn.Identity()  # its input is the last pooling
    return model.eval().requires_grad_(False)


def fitted(images: Tensor) -> Tensor:
    """Return uint8 images ``[N, 1 or 3, H, W]`` as the network reads them."""
    x = images.float() / 255
    x = x.expand(-1, 3, -1, -1).contiguous()
    return 2 * F.interpolate(x, (SIZE, SIZE), mode="bilinear", align_corners=False) - 1


def load(argument: str) -> Extractor:
    """Return the extractor.

    Raises:
        UsageError: an argument, or the weights cannot be had.
    """
    if argument:
        raise UsageError(f"features 'inception' take no argument, got {argument!r}")
    where = device()
    model = network(read_weights()).to(where)
    extract = of_images("inception", FEATURES, BATCH, where, lambda x: model(fitted(x)))
    return Extractor("inception", SHA256, extract, BATCH, floor_draws=FLOOR_DRAWS)


def suits(samples: Array) -> Suits | None:
    """Return that they suit images of any content, where the weights are on this machine."""
    images = samples.dtype == np.uint8 and samples.ndim == 4 and samples.shape[1] in (1, 3)
    if not images or not Path(named_file() or cache()).exists():
        return None
    return Suits("inception", 15, "those of FID", slow=device() == "cpu")


SUMMARY = "Inception's last pooling as in pytorch-fid, for FID"
register(Features("inception", load, SUMMARY, NAMES, suits, takes_weights=True))
