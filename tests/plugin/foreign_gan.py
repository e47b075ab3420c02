"""A third party's package: one file adds a variant, an arch, a data set and a metric."""

import numpy as np

from ganbench.losses import logistic_d, nonsaturating_g
from ganbench.optim import Adam
from ganbench.registry import register
from ganbench.spec import (
    Arch,
    Data,
    Dataset,
    Metric,
    Networks,
    Noise,
    Paper,
    Quantity,
    Variant,
)

PAPER = Paper("A Foreign GAN", "Nobody", 2020, venue="nowhere")

register(
    Variant(
        name="foreign-ns", paper=PAPER, family="foreign", equation="as ns",
        d_loss=logistic_d, g_loss=nonsaturating_g, optim=Adam(lr=1e-2),
    )
)  # fmt: skip


def build(shape):
    from torch import nn

    d = nn.Sequential(nn.Linear(*shape, 1), nn.Flatten(0))
    return Networks(nn.Linear(3, *shape), d, Noise("symmetric", (3,)), frozenset({"per_sample_d"}))


register(Arch("foreign-linear", build, "linear networks", vectorise=True))


def load(data_dir=None):
    points = np.linspace(-1, 1, 400, dtype=np.float32).reshape(-1, 2)
    return Data(train=points[::2], test=points[1::2], sha256="0" * 64)


register(
    Dataset(
        name="foreign-line", load=load, shape=(2,), arch="foreign-linear", features="none",
        metrics=("foreign-mean",), primary="mean_gap", summary="points on a line", batch=20,
    )
)  # fmt: skip

register(
    Metric(
        name="foreign-mean",
        quantities=(Quantity("mean_gap", "units", higher_is_better=False),),
        needs="features",
        group="quality",
        prepare=lambda real: {"mean": np.asarray(real).mean(0)},
        compute=lambda prepared, fake: {
            "mean_gap": float(np.abs(prepared["mean"] - np.asarray(fake).mean(0)).sum())
        },
        paper=PAPER,
    )
)
