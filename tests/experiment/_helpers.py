"""What tests of runs share."""

import ganbench

VARIANTS = ["ns", "wgan-gp"]


def run(out, **kwargs):
    given = {"dataset": "ring2d", "preset": "tiny", "engine": "inline", "batch": 8} | kwargs
    return ganbench.run(given.pop("variants", VARIANTS), out=out, **given)


def values(result):
    columns = ["run_id", "checkpoint", "metric", "value"]
    return result.results[columns].sort_values(columns[:3]).reset_index(drop=True)
