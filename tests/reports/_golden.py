"""A run directory of hand-made records: four variants, three seeds, two checkpoints.

fd (lower is better, floor 0.5)     checkpoint 1, 2 of seeds 0, 1, 2
  ns      5 4      6 6      3 2
  good    2 1      3 3      9 2
  shaky   1 1      8 -      4 4       seed 1 diverged after its first checkpoint
  poor    9 8      9 8.5    9 3       the control gaussian has 7.5 and 8.5: to beat is 6.586
precision (higher is better, floor 0.9)
  ns      .1 .2    .1 .4    .3 .6
  good    .5 .5    .7 .7    .6 .9
  shaky   .8 .8    .1 -     .2 *      * could not be measured
  poor    .1 .1    .1 .1    .1 .005   seed 2 has no sample among real ones
"""

from ganbench.experiment.records import Measurement, Protocol, QuantityInfo, Record, Training

FD = {
    "ns": [(5.0, 4.0), (6.0, 6.0), (3.0, 2.0)],
    "good": [(2.0, 1.0), (3.0, 3.0), (9.0, 2.0)],
    "shaky": [(1.0, 1.0), (8.0, None), (4.0, 4.0)],
    "poor": [(9.0, 8.0), (9.0, 8.5), (9.0, 3.0)],
}
PRECISION = {
    "ns": [(0.1, 0.2), (0.1, 0.4), (0.3, 0.6)],
    "good": [(0.5, 0.5), (0.7, 0.7), (0.6, 0.9)],
    "shaky": [(0.8, 0.8), (0.1, None), (0.2, None)],
    "poor": [(0.1, 0.1), (0.1, 0.1), (0.1, 0.005)],
}
GAUSSIAN = {"fd": [7.5, 8.5], "precision": [0.0, 0.02]}
STEPS = (1_500, 3_000)
IMAGES = (100, 200)
SECONDS = (2.0, 4.0)


def training(variant: str) -> Training:
    return Training(
        variant=variant, dataset="dots", dataset_sha256="0" * 64, arch="net", arch_options={},
        budget_unit="g_steps", budget=3_000, steps=3_000, batch=10, checkpoints=2,
        game="alternating", dtype="float32", ema=None, base_seed=0, suite="quick", features="none",
        metrics=("frechet", "precision-recall"), n_real=50, n_fake=40,
    )  # fmt: skip


def protocols() -> dict[str, Protocol]:
    fields = {"n_real": 50, "n_fake": 40}
    fd = QuantityInfo(
        unit="squared distance",
        higher_is_better=False,
        worst=float("inf"),
        label="Fréchet distance",
    )
    precision = QuantityInfo(unit="share", higher_is_better=True, worst=0.0, role="fidelity")
    return {
        "frechet": Protocol(protocol_id="aaaa", fields=fields, quantities={"fd": fd}),
        "precision-recall": Protocol(
            protocol_id="bbbb", fields=fields, quantities={"precision": precision}
        ),
    }


def record(variant: str, seed: int) -> Record:
    """Return the record of one seed."""
    given = training(variant)
    measurements, unmeasured = [], {}
    for i, (fd, precision) in enumerate(
        zip(FD[variant][seed], PRECISION[variant][seed], strict=True)
    ):
        if fd is None:
            continue
        values = {"fd": fd} | ({} if precision is None else {"precision": precision})
        unmeasured = {"precision-recall": "too few"} if precision is None else {}
        measurements.append(
            Measurement(
                checkpoint=i + 1, images_seen=IMAGES[i], g_steps=STEPS[i],
                d_steps=2 * STEPS[i], train_s=SECONDS[i] + seed, eval_s=0.5, values=values,
                unmeasured=unmeasured, train_cpu_s=2 * SECONDS[i], load=1.5, flops=7.0 * STEPS[i],
            )
        )  # fmt: skip
    return whole(given, seed, measurements, diverged=FD[variant][seed][1] is None)


def control(seed: int) -> Record:
    """Return the record of one draw of the control ``gaussian``."""
    given = training("control:gaussian")
    measurement = Measurement(
        checkpoint=2, images_seen=0, g_steps=STEPS[1], d_steps=0, train_s=0.0, eval_s=0.5,
        values={key: values[seed] for key, values in GAUSSIAN.items()},
    )  # fmt: skip
    return whole(given, seed, [measurement], diverged=False)


def whole(given: Training, seed: int, measurements: list, diverged: bool) -> Record:
    return Record(
        run_id=given.run_id(seed), training=given, arch="net:width=4", seed=seed,
        status="diverged" if diverged else "ok", error="not finite at step 15" if diverged else "",
        diverged_at=15 if diverged else None, measurements=tuple(measurements),
        floors={"fd": 0.5, "precision": 0.9}, protocols=protocols(), primary="fd", history={},
        hyper={}, params_g=11, params_d=7, lanes=1, peak_mem_bytes=1000, device="cpu",
        hardware="abacus", threads=1, engine="inline", backend="loop", torch_version="2",
        ganbench_version="0", git_sha="c0ffee", git_dirty=False,
        started_at="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


def records() -> list[Record]:
    trained = [record(variant, seed) for variant in FD for seed in range(3)]
    return trained + [control(seed) for seed in range(2)]
