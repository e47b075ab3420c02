"""A population: L lanes of one (variant, arch, data set), trained by one program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Networks, Params, Variant
from ganbench.core.products import products
from ganbench.core.seeds import derive, lane_seed
from ganbench.training.advance import advance
from ganbench.training.backends._steps import for_all
from ganbench.training.build import check_arguments, choose_game, initial_state, lane_hyper
from ganbench.training.flops import count_flops
from ganbench.training.forward import noise_plan
from ganbench.training.games._game import GameNoise
from ganbench.training.labels import Labels
from ganbench.training.last_finite import LastFinite
from ganbench.training.sampling import evaluation_generator, from_data, sample, to_data
from ganbench.training.state import (
    LOG_KEYS,
    Problem,
    State,
    copied,
    flatten,
    restore,
    stack,
    unstack,
)
from ganbench.training.streams import DataOrder, NoiseStreams


@dataclass(frozen=True)
class Lane:
    """One seed of a population, as it is now.

    Attributes:
        diverged_at: the step at which it was frozen, or None.
        hyper: its hyper-parameters (those that are scheduled with their first values).
        params_g, params_d: numbers of parameters.
        history: ``{"d_loss": [steps], ...}``, up to where it diverged.
        sample: ``(n, latent_seed=None, label=None) -> [n, *shape]``; see ``Population.sample``.
    """

    seed: int
    diverged_at: int | None
    hyper: dict[str, float]
    params_g: int
    params_d: int
    history: dict[str, np.ndarray]
    sample: Callable[..., np.ndarray]


class Population:
    """L independent trainings that share one program; lane k equals the solo run with seed k.

    Args:
        variant: the method.
        build: makes a fresh pair of networks from torch's current random state.
        data: training split ``[N, *shape]``, uint8 (scaled to -1..1) or float.
        dataset: the data set's name, a part of every seed.
        seeds: one repetition number per lane.
        batch: real samples per discriminator update.
        steps: generator updates of the whole budget; schedules run over it.
        game: a game algorithm; None for the variant's own, or alternating.
        hyper: overrides, a number or one per lane; ``lr`` sets ``g.lr`` and ``d.lr``, and so on.
            An overridden hyper-parameter does not follow the variant's schedule.
        ema: decay of the averaged generator, or None.
        backend: how a step is executed.
        together: train all lanes as one program, or one after the other.
        labels: of the data ``[N]``, where ``build`` makes conditional networks.
        tf32: whether a GPU may round the factors of products in training to 10 bits.

    Raises:
        UsageError: an argument is out of range; the message names it.
    """

    def __init__(
        self,
        variant: Variant,
        build: Callable[[], Networks],
        data: np.ndarray,
        dataset: str,
        seeds: Sequence[int],
        batch: int,
        steps: int,
        game: str | None = None,
        hyper: Mapping[str, Any] | None = None,
        ema: float | None = None,
        base_seed: int = 0,
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
        backend: str = "reference",
        together: bool = True,
        labels: np.ndarray | None = None,
        tf32: bool = False,
    ) -> None:
        check_arguments(variant, data, seeds, batch, steps, game, ema)
        self.seeds, self.steps, self.dtype, self.build = list(seeds), steps, dtype, build
        self.tf32 = tf32
        self.device = torch.device(device)
        self.data_dtype = data.dtype
        self.roots = [lane_seed(dataset, variant.name, s, base_seed) for s in seeds]
        networks, game = build(), choose_game(variant, game)
        networks.generator.train()
        networks.discriminator.train()
        self.labels = None if labels is None else Labels(labels, self.device, dtype)
        classes = 0 if self.labels is None else len(self.labels.coordinates)
        shape = (data.shape[1] + classes, *data.shape[2:])
        self.problem = Problem(variant, networks, shape, batch, game, ema)
        lanes = [initial_state(self.problem, build, root, dtype) for root in self.roots]
        self.state = tree_map(lambda x: x.to(self.device), stack(lanes))
        networks.generator.to(self.device)
        networks.discriminator.to(self.device)
        self.data = torch.from_numpy(np.require(data, requirements=["C", "W"])).to(self.device)
        self.noise = NoiseStreams(
            noise_plan(self.problem), self.roots, variant.d_steps, self.device, dtype
        )
        self.order = DataOrder(len(data), batch, self.roots)
        self.hyper, self.schedules = lane_hyper(
            self.problem, hyper or {}, len(self.seeds), dtype, self.device
        )
        step = partial(registry.games.get(game).step, self.problem)
        self.run_step = registry.backends.get(backend).compile(step, together)
        self.reference_step = for_all(step, together)
        self.step = 0
        self.alive = torch.ones(len(self.seeds), dtype=torch.bool, device=self.device)
        self.diverged_at = torch.full((len(self.seeds),), -1, device=self.device)
        self.logs: list[Tensor] = []  # each [L, len(LOG_KEYS)]
        self.last_finite = LastFinite()

    def _hyper_at(self, step: int) -> dict[str, Tensor]:
        progress = step / self.steps
        now = {
            key: torch.full_like(self.hyper[key], anneal(progress))
            for key, anneal in self.schedules.items()
        }
        return {**self.hyper, **now}

    def real_samples(self, index: Tensor) -> Tensor:
        """Return training samples as networks read them, ``index [...] -> [..., *shape]``."""
        x = from_data(self.data[index], self.dtype)
        return x if self.labels is None else self.labels.beside(x, index)

    def inputs_at(self, step: int) -> tuple[Tensor, GameNoise, dict[str, Tensor]]:
        """Return what a step is given beside the state: real batches, noise, hyper-parameters.

        They follow from the lanes' seeds and the number of the step alone.
        """
        d_steps = self.problem.variant.d_steps
        index = self.order.of_step(step, d_steps, self.device)
        noise = self.noise.at(step)
        if self.labels is not None:
            noise = self.labels.matched_latents(noise, index)
        return self.real_samples(index), noise, self._hyper_at(step)

    @property
    def fell_back(self) -> str:
        """Why another backend executes the step, as its first step showed; mostly empty."""
        return str(getattr(self.run_step, "fell_back", ""))

    def prepare(self) -> None:
        """Let the backend prepare itself, by a step whose results are thrown away."""
        with products(self.tf32):
            self.run_step(copied(self.state), *self.inputs_at(self.step))

    def flops_per_step(self) -> float:
        """Return the floating-point operations of one step of one lane; nothing is trained.

        Of matrix products and convolutions, forwards and backwards, as the step is written: a
        backend may need fewer.
        """
        inputs = self.inputs_at(self.step)
        total = count_flops(lambda: self.reference_step(self.state, *inputs))
        return total / len(self.seeds)

    def run(self, steps: int) -> None:
        """Do ``steps`` generator updates; stops early once every lane has diverged."""
        with products(self.tf32):
            advance(self, steps)

    @property
    def overwrites(self) -> bool:
        """Whether a step overwrites the state that it is given."""
        return bool(getattr(self.run_step, "overwrites", False))

    def try_step(self, state: State, step: int) -> tuple[State, Tensor, Tensor]:
        """Return the state after one step, its log ``[L, keys]`` and which lanes are finite."""
        real, noise, hyper = self.inputs_at(step)
        new, log = self.run_step(state, real, noise, hyper)
        logs = torch.stack([log[key] for key in LOG_KEYS], dim=1)
        finite = logs.isfinite().all(1) & torch.stack(list(hyper.values())).isfinite().all(0)
        return new, logs, finite

    @property
    def images_seen(self) -> int:
        """Real images shown to the discriminator so far, in each lane."""
        return self.d_steps * self.problem.batch

    @property
    def d_steps(self) -> int:
        """Updates of the discriminator so far, in each lane."""
        return self.step * self.problem.variant.d_steps

    def lane(self, seed: int) -> int:
        """Return the index of the lane with ``seed``.

        Raises:
            UsageError: no lane has it.
        """
        if seed not in self.seeds:
            raise UsageError(f"no lane has seed {seed}; there are {self.seeds}")
        return self.seeds.index(seed)

    def diverged(self, seed: int) -> int | None:
        """Return the step at which the lane was frozen, or None."""
        step = int(self.diverged_at[self.lane(seed)])
        return None if step < 0 else step

    def params(self, seed: int) -> dict[str, Params]:
        """Return ``{"g": {...}, "d": {...}}`` (and ``"ema"``) of one lane, unstacked copies."""
        state = unstack(self.state, self.lane(seed))
        parts = {"g": state.g, "d": state.d} | ({"ema": state.ema} if state.ema else {})
        return {part: {k: v.clone() for k, v in tree.items()} for part, tree in parts.items()}

    def generator(self, seed: int) -> torch.nn.Module:
        """Return one lane's generator (averaged if ``ema``) in evaluation mode: a plain module."""
        state = unstack(self.state, self.lane(seed))
        return evaluation_generator(self.problem.networks, state.ema or state.g)

    def sample(
        self, n: int, seed: int, latent_seed: int | None = None, label: int | None = None
    ) -> np.ndarray:
        """Return ``n`` samples of one lane, ``[n, *shape]``, uint8 if the data are, else float32.

        Args:
            latent_seed: decides the latents; by default it follows from the lane's own seed.
            label: of all samples, where the networks are conditional; by default classes are drawn
                as often as the data have them.

        Raises:
            UsageError: there is no such label.
        """
        root = self.roots[self.lane(seed)]
        latents = derive(root, "evaluation") if latent_seed is None else latent_seed
        prepare = None
        if label is not None:
            if self.labels is None:
                raise UsageError(f"label is {label}, but the networks are not conditional")
            prepare = partial(self.labels.of_one_class, label=label)
        drawn = sample(self.generator(seed), self.problem.networks, n, latents, prepare=prepare)
        return to_data(drawn[:, : self.data.shape[1]], self.data_dtype)

    def lanes(self) -> list[Lane]:
        """Return every lane as it is now."""
        return [self._lane_now(seed) for seed in self.seeds]

    def _lane_now(self, seed: int) -> Lane:
        index, params = self.lane(seed), self.params(seed)
        return Lane(
            seed=seed,
            diverged_at=self.diverged(seed),
            hyper={key: float(value[index]) for key, value in self.hyper.items()},
            params_g=sum(p.numel() for p in params["g"].values()),
            params_d=sum(p.numel() for p in params["d"].values()),
            history=self.history(seed),
            sample=partial(self.sample, seed=seed),
        )

    def history(self, seed: int) -> dict[str, np.ndarray]:
        """Return ``{"d_loss": [steps], ...}`` of one lane, up to where it diverged."""
        lane = self.lane(seed)
        if not self.logs:
            return {key: np.zeros(0, np.float32) for key in LOG_KEYS}
        rows = torch.stack([log[lane] for log in self.logs]).float().cpu().numpy()
        end = self.diverged(seed)
        return dict(zip(LOG_KEYS, rows[: None if end is None else end + 1].T, strict=True))

    def state_dict(self) -> dict[str, Tensor]:
        """Return everything that a later ``load_state_dict`` needs to go on exactly."""
        flat = {f"state{k}": v.cpu() for k, v in flatten(copied(self.state)).items()}
        logs = (
            torch.stack(self.logs) if self.logs else torch.zeros(0, len(self.seeds), len(LOG_KEYS))
        )
        return flat | {
            "step": torch.tensor(self.step),
            "alive": self.alive.cpu(),
            "diverged_at": self.diverged_at.cpu(),
            "logs": logs.cpu(),
        }

    def load_state_dict(self, saved: dict[str, Tensor]) -> None:
        """Go on from what ``state_dict`` returned.

        Raises:
            ValueError: it belongs to another population.
        """
        flat = {k[len("state") :]: v for k, v in saved.items() if k.startswith("state")}
        state, step, logs = restore(flat, self.state), int(saved["step"]), saved["logs"]
        alive, diverged_at = (saved[key].to(self.device) for key in ("alive", "diverged_at"))
        self.state, self.step = copied(state), step  # from here on nothing can be missing
        self.last_finite = LastFinite()
        self.alive, self.diverged_at = alive, diverged_at
        self.logs = list(logs.to(self.device))
