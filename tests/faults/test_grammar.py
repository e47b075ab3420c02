"""The grammars of options: what is well formed means what it says, and nothing else is read."""

import csv
import io
import math

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ganbench.core import limits, registry
from ganbench.core.duration import parse_duration
from ganbench.core.errors import UsageError
from ganbench.core.kinds.method_parts import FINITE, hyper_range
from ganbench.core.printable import one_line, shown
from ganbench.core.ranges import Range, whole
from ganbench.data._reading import parse_size
from ganbench.experiment.plan import make_plan
from ganbench.experiment.records import Training, Unit
from ganbench.experiment.request import (
    Request,
    choose_variants,
    parse_arch,
    parse_hyper,
    seed_list,
)
from ganbench.experiment.search_space import LARGEST, number, parse_space
from ganbench.reports._csv import csv_parts


def for_every(*strategies, examples=100):
    """Return the decorator of a test that reads values of ``strategies``, the same each time."""
    return lambda test: settings(
        deadline=None, derandomize=True, database=None, max_examples=examples
    )(given(*strategies)(test))


KEYS = ("lr", "g.lr", "d.beta1", "gradient_penalty.weight", "consensus.weight")
FLOATS = st.floats(-1e6, 1e6)
PIECES = (
    *KEYS, *",,==+|x-. :", "0", "0.5", "1e-4", "-0.5", "1e999", "nan", "x5", "beta1", "weight",
    "width", "depth", "latent", "dropout", "start", "none", "batch", "ns", "wgan-gp", "r1", "pack2",
    "all", "core", "²", "٣", "\0", "\n", "_", "9" * 400,
)  # fmt: skip
WORDS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=9)
VARIANTS, MODIFIERS = registry.variants.names(), registry.modifiers.names()


def refused(parse, text):
    """Return what ``parse`` makes of ``text``, or None where it refuses; it raises nothing else."""
    try:
        return parse(text)
    except UsageError as error:
        assert str(error)
        return None


@for_every(st.dictionaries(st.sampled_from(KEYS), FLOATS))
def test_hyper_parameters_are_those_that_were_written_or_out_of_their_range(values):
    text = ",".join(f"{key}={value!r}" for key, value in values.items())
    allowed = all(hyper_range(key).holds(value) for key, value in values.items())
    assert refused(parse_hyper, text) == (values if allowed else None)


@for_every(WORDS)
def test_any_text_is_finite_hyper_parameters_or_an_error(text):
    found = refused(parse_hyper, text)
    assert found is None or all(key and FINITE.holds(value) for key, value in found.items())


@for_every(st.data())
@pytest.mark.parametrize("name", registry.archs.names())
def test_the_label_of_an_architecture_is_read_as_its_options(name, data):
    arch = registry.archs.get(name)
    options = dict(arch.options)
    for key, allowed in arch.ranges.items():
        numbers = st.integers if allowed.whole else st.floats
        options[key] = data.draw(numbers(allowed.least, allowed.most).filter(allowed.holds))
    assert parse_arch(arch.label(options)) == (arch, options)


@for_every(st.sampled_from(registry.archs.names()), WORDS)
def test_any_option_of_an_architecture_is_in_its_range_or_an_error(name, text):
    found = refused(parse_arch, f"{name}:{text}")
    if found:
        found[0].check_options(found[1])


@for_every(st.data())
def test_any_number_of_an_architecture_is_in_its_range_or_an_error(data):
    arch = data.draw(st.sampled_from([a for a in registry.archs.items() if a.ranges]))
    key, value = data.draw(st.sampled_from(list(arch.ranges))), data.draw(st.integers() | FLOATS)
    found = refused(parse_arch, f"{arch.name}:{key}={value!r}")
    plain = isinstance(value, int) or not arch.ranges[key].whole
    assert (found is not None) == (plain and arch.ranges[key].holds(value))


@for_every(st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=5))
def test_lists_of_variants_are_these_once_in_order(names):
    assert [v.name for v in choose_variants((",".join(names),))] == list(dict.fromkeys(names))
    assert choose_variants(tuple(names)) == choose_variants((",".join(names),))


@for_every(st.sampled_from(VARIANTS), st.lists(st.sampled_from(MODIFIERS), min_size=1, max_size=3))
def test_a_composition_has_the_name_by_which_it_is_made_again(base, added):
    found = refused(registry.variants.get, "+".join((base, *added)))
    assume(found is not None)
    again = registry.variants.get(found.name)
    assert again.name == found.name and again.declared().keys() == found.declared().keys()
    assert {k: repr(v) for k, v in again.declared().items()} == {
        k: repr(v) for k, v in found.declared().items()
    }


@for_every(WORDS)
def test_any_text_is_variants_or_an_error(text):
    found = refused(lambda own: choose_variants((own,)), text)
    assert found is None or (found and len({v.name for v in found}) == len(found))


@for_every(st.lists(st.tuples(st.integers(0, 99), st.sampled_from("smhd")), min_size=1, max_size=3))
def test_times_are_the_sum_of_their_parts(parts):
    seconds = sum(n * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit] for n, unit in parts)
    found = refused(parse_duration, "".join(f"{n}{unit}" for n, unit in parts))
    assert found == (seconds if 0 < seconds <= limits.LONGEST_S else None)


@for_every(st.text("0123456789.smhd٣ -", max_size=12))
def test_any_text_is_a_time_or_an_error(text):
    found = refused(parse_duration, text)
    assert found is None or 0 < found <= limits.LONGEST_S


@for_every(st.integers(-(10**25), 10**25), st.integers(-(10**6), 10**6), st.integers(0, 10**6))
def test_whole_numbers_are_read_in_their_range_alone(value, least, size):
    allowed = whole(least, least + size)
    found = refused(lambda text: allowed.parse("x", text), f"{value}")
    assert found == (value if least <= value <= least + size else None)


@for_every(st.floats(allow_nan=True))
def test_numbers_are_read_to_the_last_bit(value):
    found = refused(lambda text: Range(-1e300, 1e300).parse("x", text), repr(value))
    assert found == (value if math.isfinite(value) and abs(value) <= 1e300 else None)


@for_every(WORDS)
def test_any_text_is_a_space_of_bounded_size_or_an_error(text):
    found = refused(parse_space, text)
    if found:
        assert 0 < math.prod(map(len, found.values())) <= LARGEST
        assert all(math.isfinite(number(value)) for values in found.values() for value in values)


@for_every(st.text("0123456789xX²-", max_size=15))
def test_any_text_is_a_size_or_an_error(text):
    found = refused(parse_size, text)
    assert found is None or min(found) > 0


@for_every(st.text())
def test_any_text_is_one_printable_line_in_a_message(text):
    said = one_line(text)
    assert said.isprintable() and len(said) <= limits.LONGEST_MESSAGE + 1
    assert not text.isprintable() or len(text) > limits.LONGEST_MESSAGE or said == text
    assert len(shown(text)) <= limits.LONGEST + 1


@for_every(st.lists(st.text("=+-@\t\r\n\"',;1a", max_size=8), min_size=1, max_size=5))
def test_no_text_is_a_formula_in_a_table(cells):
    written = b"".join(csv_parts(pd.DataFrame({"a": cells, "b": "x"}))).decode()
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert len(rows) == len(cells) + 1 and all(len(row) == 2 for row in rows)
    for cell, (shown_as, _) in zip(cells, rows[1:], strict=True):
        assert shown_as.removeprefix("'").replace("\\r", "\r") == cell.removeprefix("'")
        if shown_as[:1] in ("=", "@", "\t", "\r"):
            raise AssertionError(f"{cell!r} is written as {shown_as!r}")


ASKED = st.fixed_dictionaries(
    {
        "variants": st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=3).map(tuple),
        "seeds": st.integers(-1, 40) | st.lists(st.integers(-1, 9), max_size=4).map(tuple),
    },
    optional={
        "steps": st.integers(-1, 10**10),
        "images_seen": st.integers(-1, 10**6),
        "checkpoints": st.integers(-1, 20),
        "batch": st.integers(-1, 3_000),
        "ema": st.floats(-1, 2) | st.just(math.nan),
        "base_seed": st.integers(-1, 2**65),
        "hyper": st.dictionaries(st.sampled_from(KEYS), st.floats(-3, 3), max_size=2),
        "arch": st.sampled_from(("toy", "toy:width=16,depth=3", "toy:latent=0", "dcgan", "")),
        "features": st.sampled_from(("none", "pixels", "", "nonesuch")),
        "dtype": st.sampled_from(("float32", "float64", "tf32", "int8")),
    },
)


@for_every(ASKED, examples=40)
def test_a_request_is_a_plan_or_an_error(asked):
    """The plan does what was asked, and its units can be handed to a worker as they are."""
    request = Request(dataset="ring2d", preset="smoke", no_controls=True, **asked)
    planned = refused(make_plan, request)
    if planned is None:
        return
    plan, _ = planned
    assert plan.seeds == seed_list(asked["seeds"])
    names = dict.fromkeys(asked["variants"])
    assert [t.variant for t in plan.trainings] == [n for n in names if n not in plan.skipped]
    for training in plan.trainings:
        assert 1 <= training.checkpoints <= training.steps
        assert Training.model_validate_json(training.model_dump_json()) == training
    units = plan.units()
    assert sum(len(u.seeds) for u in units) == len(plan.trainings) * len(plan.seeds)
    assert [Unit.model_validate_json(unit.model_dump_json()) for unit in units] == units
    assert make_plan(request)[0].name == plan.name


@pytest.mark.slow
def test_no_mutation_of_what_is_read_raises_what_nobody_catches(tmp_path, monkeypatch):
    from tests.faults.fuzz import fuzz
    from tests.faults.fuzz_readers import readers

    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    assert not fuzz(readers(tmp_path), 20, 1, tmp_path)
