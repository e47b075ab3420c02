"""The nine objects that say what metrics read: what they are given, and what they call missing."""

import re

import numpy as np
import pytest

from ganbench.core.kinds import Extracted, GeneratedSide, Mixture, RealSide, needs
from ganbench.core.kinds.needs import INPUTS, Needs

ALL = {name: found for name, found in vars(needs).items() if isinstance(found, Needs)}
NAMES = pytest.mark.parametrize("name", ALL)


def features_of(kind):
    """Return what cannot be taken for anything of another kind."""
    return Extracted(np.full((4, 2), kind), np.eye(3)[[0, 1, 2, kind % 3]])


TEST, TRAIN, FAKE = features_of(0), features_of(1), features_of(2)
SAMPLES, IMAGES = np.full((4, 1, 2, 2), 3), np.arange(24).reshape(3, 2, 2, 2)
LABELS, MIXTURE, PAIR = np.array([2, 0, 1, 2]), Mixture(np.eye(2), 0.1), object()
CURVES = {"fd": [3.0, 2.0], "kd": [9.0, 8.0]}


def unread():
    pytest.fail("was asked for")


def real_side(**known):
    """Return a real side of which only what is named may be asked for."""
    return RealSide(**{"test": unread, "train": unread, "samples": unread} | known)


def generated_side(**known):
    closed = dict.fromkeys(("extracted", "samples", "pair"), unread)
    return GeneratedSide(**closed | {"curve": lambda quantity: unread()} | known)


TEST_ONLY, TRAIN_ONLY = real_side(test=lambda: TEST), real_side(train=lambda: TRAIN)
FAKE_ONLY = generated_side(extracted=lambda: FAKE)

# The sides, and what is made of them; anything else that is asked for fails the test.
GIVEN = {
    "FEATURES": (TEST_ONLY, TEST.features, FAKE_ONLY, FAKE.features),
    "CLASSES": (real_side(classes=3), 3, FAKE_ONLY, FAKE.labels),
    "PROBS": (real_side(), None, FAKE_ONLY, FAKE.probs),
    "MIXTURE": (
        real_side(mixture=MIXTURE),
        MIXTURE,
        generated_side(samples=lambda: IMAGES),
        IMAGES.reshape(3, 8),
    ),
    "TRAIN": (TRAIN_ONLY, TRAIN.features, FAKE_ONLY, FAKE.features),
    "TRAIN_AND_TEST": (
        real_side(test=lambda: TEST, train=lambda: TRAIN),
        (TRAIN.features, TEST.features),
        FAKE_ONLY,
        FAKE.features,
    ),
    "LABELLED": (
        real_side(test=lambda: TEST, labels=LABELS),
        (TEST.features, LABELS),
        FAKE_ONLY,
        (FAKE.features, FAKE.labels),
    ),
    "PAIR": (
        real_side(samples=lambda: SAMPLES),
        SAMPLES,
        generated_side(pair=lambda: PAIR),
        PAIR,
    ),
    "CURVE": (real_side(), None, generated_side(curve=CURVES.__getitem__), CURVES["kd"]),
}

INPUTS_OF = {
    "FEATURES": {"features"},
    "CLASSES": {"probs"},
    "PROBS": {"probs"},
    "MIXTURE": {"mixture"},
    "TRAIN": {"features", "train"},
    "TRAIN_AND_TEST": {"features", "train"},
    "LABELLED": {"features", "probs"},
    "PAIR": {"samples", "pair"},
    "CURVE": {"curve"},
}
OF_TRAINING = {"PAIR", "CURVE"}
WITHOUT_EXTRACTOR = {"MIXTURE", "PAIR"}


def same(found, wanted):
    """Return whether two values are equal, and arrays or tuples where they should be."""
    if isinstance(wanted, tuple):
        parts = zip(found, wanted, strict=True)
        return isinstance(found, tuple) and all(same(a, b) for a, b in parts)
    if isinstance(wanted, np.ndarray):
        return isinstance(found, np.ndarray) and np.array_equal(found, wanted)
    return found is wanted or found == wanted


def test_there_are_nine_and_each_is_tested_and_in_the_table_of_the_module():
    assert list(ALL) == list(GIVEN) == list(INPUTS_OF)
    assert re.findall(r"^([A-Z][A-Z_]+) +", needs.__doc__, re.M) == list(ALL)
    assert len({found.name for found in ALL.values()}) == 9


@NAMES
def test_prepare_is_given_its_part_of_the_real_side_and_no_other_is_made(name):
    real, wanted, _, _ = GIVEN[name]
    assert same(ALL[name].real(real), wanted)


@NAMES
def test_compute_is_given_its_part_of_the_generated_side_and_no_other_is_made(name):
    _, _, generated, wanted = GIVEN[name]
    assert same(ALL[name].generated(generated, "kd"), wanted)


@NAMES
def test_a_reason_counts_where_its_input_is_read(name):
    found = ALL[name]
    assert found.inputs == INPUTS_OF[name] <= set(INPUTS)
    assert found.missing({}) == ""
    for part in INPUTS:
        assert found.missing({part: "why"}) == ("why" if part in found.inputs else "")


def test_the_first_of_several_reasons_is_said():
    lacking = {"train": "no training samples", "features": "no features"}
    assert needs.TRAIN.missing(lacking) == "no training samples"
    assert needs.TRAIN.missing(dict(reversed(lacking.items()))) == "no features"
    assert needs.LABELLED.missing(lacking) == "no features"


@NAMES
def test_pairs_and_curves_are_of_the_training_and_have_no_floor(name):
    assert ALL[name].of_training == (name in OF_TRAINING)


@NAMES
def test_all_but_mixtures_and_pairs_depend_on_the_extractor(name):
    assert ALL[name].extractor == (name not in WITHOUT_EXTRACTOR)


@NAMES
def test_held_out_features_and_training_samples_are_told_apart(name):
    assert ALL[name].real_features == ("features" in INPUTS_OF[name])
    assert ALL[name].train == ("train" in INPUTS_OF[name])


def test_what_is_known_is_taken_by_its_name_with_the_samples():
    found, arrays = needs.known("table"), {"widths": np.array([1, 3])}
    real = real_side(known={"table": arrays, "other": {}}, samples=lambda: SAMPLES)
    assert found.real(real)[0] is arrays and found.real(real)[1] is SAMPLES
    assert found.generated(generated_side(samples=lambda: IMAGES), "") is IMAGES
    assert found.known == "table" and found.inputs == {"known: table"}
    assert not (found.extractor or found.real_features or found.train or found.of_training)
    assert found.missing({"known: other": "why"}) == ""
    assert found.missing({"known: table": "why"}) == "why"


@NAMES
def test_nothing_else_reads_what_is_known(name):
    assert ALL[name].known == ""
