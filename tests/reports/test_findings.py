"""Findings in words."""

import pandas as pd

from ganbench.experiment.plan import make_plan
from ganbench.experiment.records import QuantityInfo
from ganbench.experiment.request import Request
from ganbench.reports.findings import findings, limits


def finding(curves, fidelity="precision", variants=("v",)):
    """Return the findings on seeds whose checkpoints are (modes, reverse_kl, precision)."""
    rows = [
        {"arch": "a", "variant": v, "seed": seed, "status": "ok", "checkpoint": i,
         "images_seen": 1000.0 * i, "metric": metric, "value": value, "floor": 10.0}
        for v in variants
        for seed, curve in enumerate(curves)
        for i, values in enumerate(curve, 1)
        for metric, value in zip(("modes", "reverse_kl", fidelity), values, strict=True)
    ]  # fmt: skip
    roles = {"modes": "modes", "reverse_kl": "mode_divergence", fidelity: "fidelity"}
    quantities = {
        key: QuantityInfo(unit="", higher_is_better=key != "reverse_kl", worst=0.0, role=role)
        for key, role in roles.items()
    }
    return findings(pd.DataFrame(rows), quantities)


def test_findings_tell_collapse_from_no_learning_and_from_recovery():
    fine, bad, noise = (10, 0.1, 0.5), (4, 1.2, 0.5), (1, 2.3, 0.0)
    assert finding([[fine, fine]]) == []
    assert finding([[bad, fine], [fine, fine]]) == [
        "v: 1 of 2 seeds collapsed at first and recovered after 1,000 images."
    ]
    assert finding([[fine, bad]]) == [
        "v: 1 of 1 seed collapsed at the end: 4 of 10 modes, reverse KL 1.2 nats at worst."
    ]
    (text,) = finding([[noise, noise]])
    assert "1 of 1 seed did not learn the data" in text


def test_variants_of_which_the_same_is_found_share_a_sentence():
    (text,) = finding([[(1, 2.3, 0.0)]], variants=("b", "a"))
    assert text.startswith("a, b: 1 of 1 seed did not learn")


def test_what_a_budget_cannot_show_is_said():
    def said(seeds, n_seeds, **options):
        return limits(
            make_plan(Request(variants=("ns",), dataset="ring2d", seeds=seeds, **options))[0],
            n_seeds,
        )

    short, one = said(1, 1, images_seen=12_800)
    assert short.startswith("12,800 images are 200 generator updates") and "1,200,000" in short
    assert one.startswith("One seed")
    assert said(3, 3, images_seen=1_200_000) == ["Intervals from 3 seeds are rough: see --seeds."]
    assert said(5, 5, images_seen=1_200_000) == []


def test_the_thresholds_of_a_collapse():
    """A lost mode, or a reverse KL above 0.5 nats; below 1 % among real ones nothing is learned."""
    assert finding([[(10, 0.5, 0.5)]]) == []
    assert (
        "collapsed at the end: 10 of 10 modes, reverse KL 0.51" in finding([[(10, 0.51, 0.5)]])[0]
    )
    assert "collapsed at the end: 9 of 10 modes" in finding([[(9, 0.1, 0.5)]])[0]
    assert "collapsed" in finding([[(9, 0.1, 0.01)]])[0]
    assert "did not learn" in finding([[(9, 0.1, 0.0099)]])[0]


def test_the_share_of_high_quality_is_read_where_there_is_no_precision():
    assert "hq below 0.01" in finding([[(1, 2.0, 0.0)]], fidelity="hq")[0]
