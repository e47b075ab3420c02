"""The rules of verdicts, each on both sides of its threshold."""

import math

import numpy as np
import pytest

from ganbench.reports.verdicts import Judge, all_verdicts, judge_of, verdicts_of
from tests.reports import _golden

ROLES = {"fidelity": "precision", "modes": "modes", "mode_divergence": "reverse_kl"}
CLASSES = np.full(10, 0.1)


def judge(**changes):
    given = {"primary": "fd", "higher": False, "to_beat": 100.0, "roles": ROLES,
             "frequencies": CLASSES, "n": 1_000, "only_good": False}  # fmt: skip
    return Judge(**(given | changes))


def verdict(of=None, **values):
    fine = {"fd": 50.0, "precision": 0.5, "modes": 10.0, "reverse_kl": 0.1}
    return (of or judge()).verdict(fine | values)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "learned"),
        ({"fd": 99.9}, "learned"),
        ({"fd": 100.0}, "not learned"),
        ({"fd": math.nan}, "not learned"),
        ({"precision": 0.01}, "learned"),
        ({"precision": 0.0099}, "not learned"),
        ({"precision": 0.05}, "learned"),
        ({"reverse_kl": 0.5}, "learned"),
        ({"reverse_kl": 0.51}, "collapsed"),
        ({"modes": 9.0}, "collapsed"),  # 1,000 real samples miss one of 10 classes in 10^-45
        ({"precision": 0.0, "modes": 1.0}, "not learned"),  # its classes mean nothing
    ],
)
def test_the_rules_and_their_thresholds(values, expected):
    assert verdict(**values) == expected


def test_a_higher_primary_has_to_be_above_the_gaussian():
    higher = judge(higher=True)
    assert verdict(higher, fd=100.1) == "learned" and verdict(higher, fd=100.0) == "not learned"


def test_without_controls_only_the_samples_decide():
    assert verdict(judge(to_beat=None), fd=1e9) == "learned"


def test_modes_that_as_few_real_samples_would_miss_are_no_collapse():
    """Of 8 modes, 500 samples of which 2 % are good are 10: one mode is easily missed."""
    ring = judge(frequencies=np.full(8, 1 / 8), n=500, only_good=True)
    assert verdict(ring, precision=0.02, modes=7.0) == "learned"
    assert verdict(ring, precision=0.02, modes=3.0) == "collapsed"
    assert verdict(ring, precision=0.5, modes=7.0) == "collapsed"
    everything = judge(frequencies=np.full(8, 1 / 8), n=500)
    assert verdict(everything, precision=0.02, modes=7.0) == "collapsed"


def test_a_thousand_classes_lose_some_among_real_samples_too():
    stacked = judge(frequencies=np.full(1000, 1e-3), n=5_000)  # 6.7 are missed on average
    assert verdict(stacked, modes=993.0) == "learned"
    assert verdict(stacked, modes=970.0) == "collapsed"


def test_the_judge_is_made_of_the_controls_among_the_records():
    """The Gaussian has 7.5 and 8.5: mean 8, sd 0.7071, to beat 8 - 2 sd."""
    made = judge_of(_golden.records())
    assert made.to_beat == pytest.approx(8 - math.sqrt(2)) and made.primary == "fd"
    assert made.roles == {"fidelity": "precision"} and made.frequencies is None
    trained = [r for r in _golden.records() if not r.training.control]
    assert judge_of(trained).to_beat is None


def test_a_seed_that_broke_off_has_a_verdict_more():
    verdicts = all_verdicts(_golden.records())
    shaky = _golden.record("shaky", 1)
    assert verdicts[shaky.run_id] == ["not learned", "diverged"]
    failed = shaky.model_copy(update={"status": "failed", "measurements": ()})
    assert verdicts_of(failed, judge()) == ["failed"]
    assert verdicts_of(_golden.control(0), judge()) == ["control"]
