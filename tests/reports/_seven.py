"""Seven seeds of three variants with hand-made values, as a whole run directory."""

import json

from ganbench.core.cache import digest
from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from tests.reports import _golden

GOOD = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6]
NS = [2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6]
CLOSE = [2.05, 2.0, 2.32, 2.2, 2.6, 2.4, 2.45]


def hashed(protocols):
    """Return protocols whose names are the hashes of their fields."""
    return {
        metric: protocol.model_copy(update={"protocol_id": digest(protocol.fields)[:12]})
        for metric, protocol in protocols.items()
    }


def record(variant, seed, fd, precision=0.5, **changes):
    """Return a record of ``variant`` with these last values, and 10 and .5 at the first."""
    made = _golden.record("ns", 0)
    first, last = made.measurements
    given = made.training.model_copy(update={"variant": variant})
    measured = (
        first.model_copy(update={"values": {"fd": 10.0 + seed / 8, "precision": 0.5}}),
        last.model_copy(update={"values": {"fd": fd, "precision": precision}}),
    )
    changed = {"training": given, "run_id": given.run_id(seed), "measurements": measured}
    changed |= {"seed": seed, "floor_sds": {"fd": 0.01, "precision": 0.02}}
    return made.model_copy(update=changed | changes)


def records():
    made = [record("good", i, v, 0.8) for i, v in enumerate(GOOD)]
    made += [record("ns", i, v, 0.5 + i / 100) for i, v in enumerate(NS)]
    made += [record("close", i, v, 0.53) for i, v in enumerate(CLOSE)]
    return [*made, *(_golden.control(seed) for seed in range(2))]


def write(out, made):
    """Write records."""
    store = Store(out)
    store.prepare()
    for one in made:
        store.write_record(one)
    return out


def whole_run(out, made=None):
    """Write a run directory: records with hashed protocols, the plan and the tables."""
    made = records() if made is None else made
    made = [one.model_copy(update={"protocols": hashed(one.protocols)}) for one in made]
    write(out, made)
    names = dict.fromkeys(one.training.variant for one in made if not one.training.control)
    plan = {"seeds": list(range(7)), "trainings": [{"variant": name} for name in names]}
    (out / "plan.json").write_text(json.dumps(plan))
    leaderboard.write(Store(out), Store(out).records())
    return out
