"""The verdict of every seed at every checkpoint, by stated rules.

failed        its unit broke down
diverged      a loss or a weight was no longer finite
not learned   it does not beat the control ``gaussian`` on the primary quantity by twice the
standard deviation of that control's draws; or fewer than 1 % of its samples lie
among real ones; or the primary quantity has no value
collapsed     it learned, and misses modes that as many real samples would miss with a
probability below 1 %; or the reverse KL of its mode frequencies exceeds 0.5 nats
(an even generator on 6 of 10 modes has 0.51)
learned       none of these
control       a control is not judged
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ganbench.experiment.records import CONTROL, Record
from ganbench.stats.lost_modes import p_lost

GAUSSIAN = CONTROL + "gaussian"
REAL = CONTROL + "real"
SPREADS = 2.0  # standard deviations by which the Gaussian has to be beaten
FIDELITY = 0.01  # share of samples among real ones, below which nothing was learned
LOST_P = 0.01  # probability of a loss of modes among real samples, below which it is a collapse
REVERSE_KL = 0.5  # nats

VERDICTS = ("learned", "collapsed", "not learned", "diverged", "failed")


@dataclass(frozen=True)
class Judge:
    """What the verdicts of one protocol are judged by.

    Attributes:
        primary: the quantity by which variants are ranked first; ``higher`` if more is better.
        to_beat: the value that has to be beaten; None where the Gaussian was not measured.
        roles: ``{role: quantity}``.
        frequencies: of the modes among real samples ``[K]``; None where they are not known.
        n: samples by which modes are counted.
        only_good: only samples of high quality count for a mode.
    """

    primary: str
    higher: bool
    to_beat: float | None
    roles: Mapping[str, str]
    frequencies: np.ndarray | None
    n: int
    only_good: bool

    def verdict(self, values: Mapping[str, float]) -> str:
        """Return the verdict on the ``{quantity: value}`` of one checkpoint."""
        value = values.get(self.primary, math.nan)
        if math.isnan(value):
            return "not learned"
        if self.to_beat is not None and not (
            value > self.to_beat if self.higher else value < self.to_beat
        ):
            return "not learned"
        fidelity = values.get(self.roles.get("fidelity", ""), math.nan)
        if fidelity < FIDELITY:
            return "not learned"
        if values.get(self.roles.get("mode_divergence", ""), 0.0) > REVERSE_KL:
            return "collapsed"
        modes = values.get(self.roles.get("modes", ""))
        if modes is None or self.frequencies is None:
            return "learned"
        lost = int((self.frequencies > 0).sum() - modes)
        n = round(self.n * fidelity) if self.only_good else self.n
        if lost <= 0:
            return "learned"  # without draws of ``p_lost``, which take longer than all the rest
        if _expected_lost(self.frequencies, n) < LOST_P / 10:
            return "collapsed"  # by Markov's inequality, also without draws
        return "collapsed" if p_lost(lost, self.frequencies, n) < LOST_P else "learned"


def _expected_lost(frequencies: np.ndarray, n: int) -> float:
    """Return how many modes ``n`` real samples are expected to miss."""
    present = frequencies[frequencies > 0]
    return float(((1 - present / present.sum()) ** n).sum())


def judge_of(records: Sequence[Record]) -> Judge:
    """Return the judge of ``records`` of one protocol, from the controls among them."""
    first = records[0]
    known = first.quantities
    roles: dict[str, str] = {}
    for key, quantity in known.items():
        if quantity.role:
            roles.setdefault(quantity.role, key)
    higher = known[first.primary].higher_is_better
    metric_of = {key: name for name, p in first.protocols.items() for key in p.quantities}
    modes, fidelity = (metric_of.get(roles.get(role, "")) for role in ("modes", "fidelity"))
    n = int(first.protocols[modes].fields["n_fake"]) if modes else 0
    return Judge(
        primary=first.primary,
        higher=higher,
        to_beat=_to_beat(records, first.primary, higher),
        roles=roles,
        frequencies=_frequencies(records),
        n=n,
        only_good=modes is not None and modes == fidelity,
    )


def _last_values(records: Sequence[Record], variant: str, key: str) -> list[float]:
    own = [r for r in records if r.training.variant == variant and r.measurements]
    return [r.measurements[-1].values[key] for r in own if key in r.measurements[-1].values]


def _to_beat(records: Sequence[Record], primary: str, higher: bool) -> float | None:
    drawn = _last_values(records, GAUSSIAN, primary)
    if not drawn:
        return None
    margin = SPREADS * float(np.std(drawn, ddof=1)) if len(drawn) > 1 else 0.0
    return float(np.mean(drawn)) + (margin if higher else -margin)


def _frequencies(records: Sequence[Record]) -> np.ndarray | None:
    """Return the frequencies of modes among real samples: equal for the modes of a mixture."""
    counted = [r for r in records if r.frequencies is not None]
    if not counted:
        return None
    mixed = counted[0].modes
    if mixed is not None:
        return np.full(len(mixed), 1 / len(mixed))
    real = [r.frequencies for r in counted if r.training.variant == REAL]
    if not real:  # a run from before controls: classes that anyone has drawn
        return np.array([r.frequencies for r in counted]).mean(0)
    return np.array(real, float).mean(0)


def judges(records: Sequence[Record]) -> dict[tuple[str, str], Judge]:
    """Return the judge of each data set and protocol of its primary quantity."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault(_group(record), []).append(record)
    return {key: judge_of(own) for key, own in groups.items()}


def _group(record: Record) -> tuple[str, str]:
    ids = (p.protocol_id for p in record.protocols.values() if record.primary in p.quantities)
    return record.training.dataset, next(ids, "")


def verdicts_of(record: Record, judge: Judge) -> list[str]:
    """Return the verdict at each measurement of ``record``, and one for its end if it broke off."""
    if record.training.control:
        return ["control"] * (len(record.measurements) + (record.status != "ok"))
    judged = [judge.verdict(m.values) for m in record.measurements]
    if record.status == "ok":
        return judged
    return [*judged, "diverged" if record.status == "diverged" else "failed"]


def all_verdicts(records: Sequence[Record]) -> dict[str, list[str]]:
    """Return ``{run_id: verdicts}``, see ``verdicts_of``."""
    known = judges(records)
    return {r.run_id: verdicts_of(r, known[_group(r)]) for r in records}
