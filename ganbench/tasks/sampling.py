"""Sampling: what the trained discriminator can still repair of its generator's samples.

D is calibrated first: a logistic regression of its logits on 1,000 held-out and 1,000 generated
samples makes them estimates d of log p(real) / p(generated) (Turner et al. 2019, section 3.2).

- Discriminator rejection sampling (Azadi et al. 2018, arXiv:1810.06758, equations 5-8): a sample
  is accepted with probability sigmoid(F - gamma), F = d - M - log(1 - exp(d - M - eps)), M the
  largest d of the pool, gamma the 80th percentile of F.
- MH-GAN (Turner et al. 2019, arXiv:1811.11357): chains that start from a real sample and go to a
  new generated one with probability min(1, exp(d' - d)), 100 steps long (640 in the paper); a
  chain that never moved starts from a generated sample.

    sampling_fd       Fréchet distance of plain samples in the run's features
    sampling_drs      the same after rejection sampling, over that of plain samples: below 1 is gain
    sampling_mh       the same of the chains' last samples
    sampling_chance   rejection sampling with the logits of each sample given to another one: a
                      control within each model, about 1
    sampling_kept     share of samples that rejection sampling accepts
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Answer, Paper, Quantity, Task, TaskInput
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.core.seeds import derive

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

EPSILON, PERCENTILE = 1e-6, 80.0
CALIBRATION = 1_000
SHOWN = 10


def calibrated(logits: Array, real: Array, fake: Array) -> Array:
    """Return logits as estimates of log p(real) / p(generated).

    Args:
        real, fake: logits of as many real and generated samples, to calibrate on.
    """
    from sklearn.linear_model import LogisticRegression

    x = np.concatenate([real, fake])
    centre, scale = x.mean(), x.std() or 1.0
    y = np.repeat([1, 0], [len(real), len(fake)])
    fitted = LogisticRegression(C=1e6).fit((x[:, None] - centre) / scale, y)
    found: Array = fitted.decision_function((logits[:, None] - centre) / scale)
    return found


def accepted(d: Array, rng: np.random.Generator) -> Array:
    """Return which samples rejection sampling keeps, booleans ``[N]``."""
    below = d - d.max()
    f = below - np.log1p(-np.exp(below - EPSILON))
    f = f - np.percentile(f, PERCENTILE)
    kept: Array = rng.random(len(d)) < 1 / (1 + np.exp(-f))
    return kept


def chains(d: Array, start: Array, n: int, length: int, rng: np.random.Generator) -> Array:
    """Return in which of the samples ``[N]`` each of ``n`` chains ends.

    Args:
        d: of the samples, ``n * length`` of which are proposed. start: of real samples.
    """
    proposals = rng.integers(len(d), size=(n, length))
    ends = proposals[:, 0].copy()
    for chain in range(n):
        now, moved = start[rng.integers(len(start))], False
        for proposed in proposals[chain]:
            if rng.random() < np.exp(min(0.0, d[proposed] - now)):
                now, moved = d[proposed], True
                ends[chain] = proposed
        if not moved:
            ends[chain] = _from_generated(d, proposals[chain], rng)
    return ends


def _from_generated(d: Array, proposals: Array, rng: np.random.Generator) -> int:
    """Return where a chain ends that starts from a generated sample."""
    now = int(proposals[0])
    for proposed in proposals[1:]:
        if rng.random() < np.exp(min(0.0, d[proposed] - d[now])):
            now = int(proposed)
    return now


def logits_of(model: Any, samples: Tensor) -> Array:
    """Return D's logits of samples ``[N, *shape]`` as networks see them, ``[N]``."""
    own = next((p.dtype for p in model.discriminator.parameters()), samples.dtype)
    with torch.no_grad():
        logits = torch.cat([model.discriminator(x.to(own)) for x in samples.split(500)])
    found: Array = (logits if logits.ndim == 1 else logits.mean(1)).double().numpy()
    return found


def solve(given: TaskInput, model: Any, seed: int, n: int, pool: int, length: int) -> Answer:
    """Return the answer of a trained pair."""
    from ganbench.metrics import frechet_distance
    from ganbench.training.sampling import of_latents, to_data

    rng = np.random.default_rng(derive("sampling", seed))
    z = model.latents(pool + CALIBRATION, derive("sampling", "latents", seed))
    whole = torch.from_numpy(of_latents(model.generator, z))
    logits = logits_of(model, whole)
    real = logits_of(model, _real(given, model))
    d = calibrated(logits[CALIBRATION:], real, logits[:CALIBRATION])
    start = calibrated(real, real, logits[:CALIBRATION])
    images = to_data(whole[CALIBRATION:, : model.channels].numpy(), given.data.train.dtype)

    def distance(rows: Array) -> float:
        features = given.extract(images[rows]).features
        return frechet_distance(given.real.features, features)

    kept = np.flatnonzero(accepted(d, rng))
    by_chance = rng.permutation(len(d))
    plain = distance(np.arange(n))
    values = {"sampling_fd": plain, "sampling_kept": len(kept) / len(d)}
    if len(kept) >= n:
        values["sampling_drs"] = distance(kept[:n]) / plain
        values["sampling_chance"] = distance(by_chance[:n]) / plain
    values["sampling_mh"] = distance(chains(d, start, n, length, rng)) / plain
    return Answer(values, images[kept[:SHOWN]])


def _real(given: TaskInput, model: Any) -> Tensor:
    """Return held-out samples as D sees them."""
    from ganbench.archs._labels import label_planes
    from ganbench.training.sampling import from_data

    test = given.targets(CALIBRATION)
    x = from_data(torch.from_numpy(np.array(test)), torch.float32)
    if not model.class_frequencies:
        return x
    labels = torch.from_numpy(np.asarray(given.data.test_labels)[: len(test)].astype(np.int64))
    return torch.cat([x, label_planes(labels, len(model.class_frequencies), x)], 1)


def shown(given: TaskInput, **_: Any) -> dict[str, Array]:
    """Return real samples; a model's row are those that rejection sampling accepts first."""
    return {"real": given.targets(SHOWN)}


register(
    Task(
        name="sampling",
        summary="what rejection sampling and MH-GAN's chains by the trained D repair",
        quantities=(
            Quantity("sampling_fd", "", higher_is_better=False, label="fd of plain samples"),
            Quantity(
                "sampling_drs", "of plain", higher_is_better=False,
                label="fd after rejection sampling, plain samples being 1",
            ),
            Quantity(
                "sampling_mh", "of plain", higher_is_better=False,
                label="fd after MH-GAN's chains, plain samples being 1",
            ),
            Quantity(
                "sampling_chance", "of plain", higher_is_better=False, headline=False,
                label="fd after rejection by chance, plain samples being 1",
            ),
            Quantity(
                "sampling_kept", "share", higher_is_better=True, headline=False,
                label="share that rejection sampling accepts",
            ),
        ),
        solve=solve,
        baselines={},
        paper=Paper(
            "Metropolis-Hastings Generative Adversarial Networks", "Turner et al.", 2019,
            "1811.11357",
        ),
        shown=shown,
        params={"n": 1_000, "pool": 10_000, "length": 100},
        needs_discriminator=True,
    )
)  # fmt: skip
