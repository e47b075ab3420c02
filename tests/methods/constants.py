"""The constants of every variant, from its paper and not from the code; each with its place.

``test_constants.py`` compares each row with the registry, field by field. To add a variant, add a
row to ``VARIANTS``: ``name: row(arXiv number, family, (loss of D, loss of G), field=value, ...)``.
Fields that are not given are those of ``USUAL``: the non-saturating GAN with DCGAN's Adam. The name
of a function stands for it; one that a function returned is written ``factory(argument=value)``.
``inside`` holds numbers that no field shows; each has a measurement in ``test_constants.py``.
Where the benchmark departs from the paper on purpose, a comment says ours.
"""


def adam(lr, beta1, beta2):
    """Kingma & Ba 2015: eps 1e-8 everywhere, torch's default too."""
    return ("Adam", {"lr": lr, "betas": (beta1, beta2), "eps": 1e-8})


def rmsprop(lr):
    """Decay 0.99 and eps 1e-8: torch's defaults, which the authors of WGAN and of R1 use."""
    return ("RMSprop", {"lr": lr, "alpha": 0.99, "eps": 1e-8})


def anneal(start, end):
    return ("Anneal", start, end)  # half a cosine


def decay(start, end):
    return ("Decay", start, end)  # equal factors


def line(start, end):
    return ("Line", start, end)


DCGAN = adam(2e-4, 0.5, 0.999)  # Radford 2015, section 4; beta2 is Adam's default
GULRAJANI = adam(1e-4, 0.0, 0.9)  # Gulrajani 2017, Algorithm 1

NS = ("logistic_d", "nonsaturating_g")
HINGE = ("hinge_d", "wasserstein_g")
WASSERSTEIN = ("wasserstein_d", "wasserstein_g")
SQUARES = ("least_squares_d", "least_squares_g")

USUAL = {
    "optim": DCGAN,  # of both networks
    "optim_d": None,  # of D, where it has one of its own
    "penalties": {},  # name: weight
    "constraint": {},  # name: value
    "transforms": {},  # name of the input transform: (value, samples in one input, function)
    "d_steps": 1,
    "reads_real": False,
    "requires": set(),
    "game": None,
    "d_outputs": 1,
    "pointwise": True,
    "terms": {},  # of the generator's loss, name: weight
    "state": None,  # of the losses: (name, numbers, values at the start)
    "wraps": [],  # of the networks
    "joint": None,
    "core": False,
    "composition": "",
    "d_norm": "none",
    "constants": {},  # on a family of data: {family: {hyper-parameter: value}}
    "same_method_as": "",
    "same_gradients_as": "",
    "inside": {},
}


def row(paper, family, losses, **fields):
    """Return a row; raises for a field that there is not."""
    assert not set(fields) - set(USUAL), fields
    d_loss, g_loss = losses
    return {
        **USUAL, "paper": paper, "family": family, "d_loss": d_loss, "g_loss": g_loss, **fields
    }  # fmt: skip


PER_SAMPLE = {"per_sample_d"}  # what every gradient penalty requires
VECTORS = {"features"}  # what a discriminator with more outputs requires
PAIRS = {"features", "decoder"}  # what an autoencoder or an encoder requires

VARIANTS = {
    # Goodfellow 2014: eq. 1 for both, section 3 for ns; it fixes no optimiser.
    "minimax": row("1406.2661", "f-divergence", ("logistic_d", "minimax_g"), core=True),
    "ns": row("1406.2661", "f-divergence", NS, core=True),
    # Mao 2017, eq. 9: a = 0, b = c = 1. Its Adam has beta1 0.5; the rate is ours.
    "lsgan": row("1611.04076", "least-squares", SQUARES, core=True),
    # Lim & Ye 2017, eq. 11; the optimiser is ours.
    "hinge": row("1705.02894", "integral-probability-metric", HINGE, core=True),
    # Nowozin 2016, eq. 7; Adam 2e-4 with beta1 0.5 in its section 4. Activations and conjugates
    # (tables 2 and 6) have no names: ``formulas.py`` has them.
    **{
        f"fgan-{name}": row(
            "1606.00709", "f-divergence",
            ("variational_d(activation=<lambda>, conjugate=<lambda>)",
             "variational_g(activation=<lambda>)"),
            same_method_as="ns" if name == "js" else "",
            same_gradients_as="ns" if name == "js" else "",
        )
        for name in ("kl", "rkl", "pearson", "hellinger", "js")
    },
    # Welfert 2023: the alpha-loss for each player; the alphas are ours, DCGAN's Adam too. The
    # authors' experiment with a ring: d_lr and g_lr 1e-4, torch's Adam.
    **{
        name: row(
            "2302.14320", "f-divergence", ("alpha_d", g_loss),
            state=("alpha", {"d": 0.5, "g": 1.0}, {}),
            constants={"points": {"lr": 1e-4, "beta1": 0.9}},
        )
        for name, g_loss in (
            ("alpha-gan", "alpha_nonsaturating_g"), ("alpha-gan-minimax", "alpha_minimax_g")
        )
    },
    # Lin 2017, eq. 4 and 5; its networks are DCGAN's, and here the optimiser too.
    "softmax-gan": row(
        "1704.06191", "f-divergence", ("softmax_d", "softmax_g"), reads_real=True, pointwise=False
    ),
    # Arjovsky 2017, Algorithm 1: alpha 5e-5, c 0.01, n_critic 5. The authors' models/dcgan.py has
    # batch normalisation in D, with and without their option noBN.
    "wgan": row(
        "1701.07875", "wasserstein", WASSERSTEIN, d_norm="batch",
        constraint={"weight_clip": 0.01}, d_steps=5, optim=rmsprop(5e-5), core=True,
    ),
    # Gulrajani 2017, Algorithm 1: lambda 10, n_critic 5, Adam 1e-4, 0, 0.9; their gan_toy.py on
    # points: LAMBDA = .1, beta1=0.5.
    "wgan-gp": row(
        "1704.00028", "wasserstein", WASSERSTEIN, penalties={"gradient_penalty": 10.0},
        constants={"points": {"gradient_penalty.weight": 0.1, "beta1": 0.5}},
        d_steps=5, requires=PER_SAMPLE, optim=GULRAJANI, core=True,
    ),
    # Petzka 2018, eq. 8; section 5 takes lambda 10 and the rest over from WGAN-GP.
    "wgan-lp": row(
        "1709.08894", "wasserstein", WASSERSTEIN, penalties={"one_sided_penalty": 10.0},
        d_steps=5, requires=PER_SAMPLE, optim=GULRAJANI,
    ),
    # Wu 2018, eq. 9 and section 4.1: k 2, p 6. Rates and critic steps are ours, WGAN-GP's.
    "wgan-div": row(
        "1712.01026", "wasserstein", WASSERSTEIN, penalties={"divergence_penalty": 2.0},
        d_steps=5, requires=PER_SAMPLE, optim=GULRAJANI, inside={"power": 6},
    ),
    # Thanh-Tung 2019, on interpolates; the loss, lambda 10, rates and critic steps are WGAN-GP's.
    "wgan-0gp": row(
        "1902.03984", "wasserstein", WASSERSTEIN, penalties={"zero_centred_penalty": 10.0},
        d_steps=5, requires=PER_SAMPLE, optim=GULRAJANI,
    ),
    # Kodali 2017, Algorithm 1: lambda 10, k 1; 0.5 std in the authors' code. DCGAN's Adam is ours.
    "dragan": row(
        "1705.07215", "regularised", NS, penalties={"dragan_penalty": 10.0},
        requires=PER_SAMPLE, composition="ns+dragan", inside={"spread": 0.5},
    ),
    # Kurach 2019, section 2.2: WGAN-GP's penalty, with its lambda, on other losses.
    "ns-gp": row(
        "1807.04720", "regularised", NS, penalties={"gradient_penalty": 10.0},
        requires=PER_SAMPLE, composition="ns+gp",
    ),
    "lsgan-gp": row(
        "1807.04720", "least-squares", SQUARES, penalties={"gradient_penalty": 10.0},
        requires=PER_SAMPLE, composition="lsgan+gp",
    ),
    # Miyato 2018, Algorithm 1; ResNets in section 4: Adam 2e-4, 0, 0.9 and n_dis 5.
    "sn-ns": row(
        "1802.05957", "spectral-normalisation", NS,
        constraint={"spectral_norm": 1.0}, d_steps=5, optim=adam(2e-4, 0.0, 0.9),
    ),
    "sn-hinge": row(
        "1802.05957", "spectral-normalisation", HINGE,
        constraint={"spectral_norm": 1.0}, d_steps=5, optim=adam(2e-4, 0.0, 0.9), core=True,
    ),
    "sn-wgan": row(
        "1802.05957", "spectral-normalisation", WASSERSTEIN,
        constraint={"spectral_norm": 1.0}, d_steps=5, optim=adam(2e-4, 0.0, 0.9),
    ),
    # Mescheder 2018, eq. 9 and 10, section 6: gamma 10 (gamma/2 in the loss), RMSprop 1e-4.
    "ns-r1": row(
        "1801.04406", "regularised", NS,
        penalties={"r1": 10.0}, requires=PER_SAMPLE, optim=rmsprop(1e-4), core=True,
    ),
    "ns-r2": row(
        "1801.04406", "regularised", NS,
        penalties={"r2": 10.0}, requires=PER_SAMPLE, optim=rmsprop(1e-4),
    ),
    "ns-r1r2": row(
        "1801.04406", "regularised", NS, penalties={"r1": 10.0, "r2": 10.0},
        requires=PER_SAMPLE, optim=rmsprop(1e-4), composition="ns-r1+r2",
    ),
    # Roth 2017, eq. 22: gamma 2; the authors' code brings it to 0.01 times that, exponentially.
    "jsreg": row(
        "1705.09367", "regularised", NS, penalties={"jensen_shannon_penalty": decay(2.0, 0.02)},
        requires=PER_SAMPLE, composition="ns+jsreg",
    ),
    # Sonderby 2016, section 3: annealed to 0; the numbers are ours.
    "instance-noise": row(
        "1610.04490", "regularised", NS,
        transforms={"instance_noise": (line(0.1, 0.0), 1, "_noisy")}, composition="ns+noise",
    ),
    # Zhao 2020, Algorithm 1: both lambdas 10; images of 32 pixels move by up to 4.
    "bcr": row(
        "2002.04724", "regularised", NS, penalties={"consistency": 10.0},
        requires={"images"}, composition="ns+bcr", inside={"reach_of_32": 4},
    ),
    # Tseng 2021, eq. 7: lambda 0.3 on CIFAR and decay 0.99 in the authors' code. A start at 0 is
    # ours, as is the loss without their clamps.
    "lecam": row(
        "2104.03310", "regularised",
        ("with_lecam(loss=logistic_d)", "ignoring_state(loss=nonsaturating_g)"),
        state=("lecam", {"weight": 0.3, "decay": 0.99}, {"real": 0.0, "fake": 0.0}),
        composition="ns+lecam",
    ),
    # Sinha 2020, section 3: nu 0.5; to be reached at the end of the budget is ours.
    "top-k": row(
        "2002.06224", "regularised",
        ("ignoring_state(loss=logistic_d)", "with_top_k(loss=nonsaturating_g)"),
        state=("top_k", {"share": decay(1.0, 0.5)}, {}), composition="ns+top-k",
    ),
    # Jolicoeur-Martineau 2019: eq. 5, 10, 11 and appendix; Adam 2e-4, 0.5, 0.999 in section 4.
    "rsgan": row(
        "1807.00734", "relativistic", ("relativistic_pairing_d", "relativistic_pairing_g"),
        reads_real=True,
    ),
    **{
        name: row(
            "1807.00734", "relativistic", (f"relative_d(loss={loss})", f"relative_g(loss={loss})"),
            reads_real=True, pointwise=False,
        )
        for name, loss in (("rasgan", "logistic_d"), ("ralsgan", "squares"), ("rahinge", "hinge_d"))
    },
    # Huang 2024, CIFAR-10 in its appendix: gamma, rate and beta2 along a cosine; beta1 0.
    "rpgan-r1r2": row(
        "2501.05441", "relativistic", ("relativistic_pairing_d", "relativistic_pairing_g"),
        reads_real=True, requires=PER_SAMPLE, core=True,
        penalties={"r1": anneal(0.05, 0.005), "r2": anneal(0.05, 0.005)},
        optim=adam(anneal(2e-4, 5e-5), 0.0, anneal(0.9, 0.99)),
    ),
    # Zhao 2016, eq. 1 to 4: |x - decoded|; margin 10 for MNIST (appendix C), pull-away 0.1
    # (section 2.4). DCGAN's Adam is ours.
    "ebgan": row(
        "1609.03126", "autoencoder", ("ebgan_d", "ebgan_g"), requires=PAIRS,
        wraps=["autoencoder(code=False, error=euclidean)"], inside={"margin": 10.0},
    ),
    "ebgan-pt": row(
        "1609.03126", "autoencoder", ("pull_away_d", "pull_away_g"), requires=PAIRS,
        d_outputs=2, pointwise=False,  # the error and the code, whatever its length
        wraps=["autoencoder(code=True, error=euclidean)"],
        inside={"margin": 10.0, "pull_away": 0.1},
    ),
    # Berthelot 2017, sections 3.1, 3.4 and 4.1: mean absolute error, lambda_k 1e-3, k 0 at first,
    # Adam 1e-4; gamma 0.5, within its 0.3 to 0.7; no batch normalisation. DCGAN's
    # betas and a constant rate are ours.
    "began": row(
        "1703.10717", "autoencoder", ("began_d", "began_g"), requires=PAIRS,
        wraps=["autoencoder(code=False, error=mean_absolute)", "unnormalised_generator"],
        state=("balance", {"gamma": 0.5, "rate": 1e-3}, {"k": 0.0}), optim=adam(1e-4, 0.5, 0.999),
    ),
    # Li 2017, Algorithm 1: c 0.01, alpha 5e-5, n_c 5; the authors' code (mmd_gan.py): weights 8 and
    # 8 of the errors of decoding, 16 of the one-sided term over 100 outputs, codes as long as
    # latents. Five bandwidths in the ratios of section 5; around the median distance is ours.
    "mmd-gan": row(
        "1705.08584", "moment-matching", ("mmd_d", "mmd_g"), d_outputs=2, d_steps=5,
        wraps=["autoencoder(code=True, error=mean_square)"],
        constraint={"weight_clip": 0.01}, optim=rmsprop(5e-5), requires=PAIRS, d_norm="batch",
        reads_real=True, pointwise=False,
        inside={
            "relative_bandwidths": (0.25, 0.5, 1, 2, 4), "decoding": 8.0, "one_sided": 16.0,
            "clipped": ("encoder.w",),
        },
    ),
    # Binkowski 2018, section 5: kernel rq*, 16 outputs, lambda 1, Adam 1e-4, 0.5, 0.9, 5 steps.
    "mmd-gan-gp": row(
        "1801.01401", "moment-matching", ("mmd_d", "mmd_g"), d_outputs=16, d_steps=5,
        penalties={"gradient_penalty": 1.0}, optim=adam(1e-4, 0.5, 0.9),
        requires=VECTORS | PER_SAMPLE, reads_real=True, pointwise=False,
        inside={"alphas": (0.2, 0.5, 1, 2, 5), "penalised": "rational_quadratic"},
    ),
    # Bellemare 2017, Algorithm 1: 256 outputs, lambda 10, Adam 1e-4, 0.5, 0.9, 5 steps.
    "cramer-gan": row(
        "1705.10743", "moment-matching", ("critic_loss", "energy_distance"), d_outputs=256,
        d_steps=5, penalties={"gradient_penalty": 10.0}, optim=adam(1e-4, 0.5, 0.9),
        requires=VECTORS | PER_SAMPLE, reads_real=True, pointwise=False,
        inside={"penalised": "negative_distance"},
    ),
    # Salimans 2016, section 3.1: in place of the generator's loss.
    "feature-matching": row(
        "1606.03498", "moment-matching", ("logistic_d", "nothing"), requires=VECTORS,
        terms={"feature_matching": 1.0}, reads_real=True, pointwise=False,
        composition="ns+feature-matching",
    ),
    # Genevay 2018; all numbers are ours, and that costs are counted in their median.
    "sinkhorn-gan": row(
        "1706.00292", "optimal-transport", ("sinkhorn_d", "sinkhorn_g"), d_outputs=16, d_steps=5,
        constraint={"weight_clip": 0.01}, optim=rmsprop(5e-5), requires=VECTORS,
        reads_real=True, pointwise=False, inside={"epsilon_iterations": (0.1, 20)},
    ),
    # Deshpande 2018, Algorithm 1; 128 directions are ours (thousands in the authors' code).
    "sliced-wgan": row(
        "1803.11188", "optimal-transport", ("logistic_d", "nothing"), requires=VECTORS,
        terms={"sliced_features": 1.0}, reads_real=True, pointwise=False,
        inside={"directions": 128},
    ),
    # Lin 2018, sections 3 and 4: the loss of Goodfellow 2014, m samples in one input.
    "pacgan-2": row(
        "1712.04086", "packing", NS,
        transforms={"pack": (None, 2, "pack(m=2)")}, composition="ns+pack2",
    ),
    "pacgan-3": row(
        "1712.04086", "packing", NS,
        transforms={"pack": (None, 3, "pack(m=3)")}, composition="ns+pack3",
        same_method_as="pacgan-2",
    ),
    "pacgan-4": row(
        "1712.04086", "packing", NS,
        transforms={"pack": (None, 4, "pack(m=4)")}, composition="ns+pack4",
        same_method_as="pacgan-2",
    ),
    # Karras 2018, section 3, and its code: groups of 4; the other constants are ours.
    "minibatch-std": row(
        "1710.10196", "packing", NS,
        wraps=["minibatch_std"], requires=VECTORS, composition="ns+minibatch-std",
    ),
    # Metz 2017, section 2.2: 5 and 10 unrolled updates; the loss and DCGAN's Adam are ours. The
    # authors' demonstration on a ring: gen_learning_rate=1e-3, disc_learning_rate=1e-4, beta1=0.5.
    "unrolled-5": row(
        "1611.02163", "unrolled", NS, game="unrolled-5",
        constants={"points": {"g.lr": 1e-3, "d.lr": 1e-4}},
    ),
    "unrolled-10": row(
        "1611.02163", "unrolled", NS, game="unrolled-10", same_method_as="unrolled-5",
        constants={"points": {"g.lr": 1e-3, "d.lr": 1e-4}},
    ),
    # Dumoulin 2017, Algorithm 1; appendix A: Adam 1e-4, beta1 0.5, beta2 1e-3 counted from 1.
    "ali": row(
        "1606.00704", "inference", ("logistic_d", "inference_g"), requires=PAIRS, reads_real=True,
        wraps=["encoder(spread=True)"], joint="joint(spread=True)", optim=adam(1e-4, 0.5, 0.999),
    ),
    # Srivastava 2017, eq. 4: both terms with weight 1. A deterministic encoder and Adam are ours.
    "veegan": row(
        "1705.07761", "inference", ("logistic_d", "inference_g"), requires=PAIRS, reads_real=True,
        terms={"latent_reconstruction": 1.0}, wraps=["encoder(spread=False)"],
        joint="joint(spread=False)",
    ),
}  # fmt: skip

# name: (arXiv number, {field: value} of what ``ns+name`` has in place of what ``ns`` has).
# Places in the papers are those above.
MODIFIERS = {
    "r1": ("1801.04406", {"penalties": {"r1": 10.0}, "requires": PER_SAMPLE}),
    "r2": ("1801.04406", {"penalties": {"r2": 10.0}, "requires": PER_SAMPLE}),
    "gp": ("1704.00028", {"penalties": {"gradient_penalty": 10.0}, "requires": PER_SAMPLE}),
    "lp": ("1709.08894", {"penalties": {"one_sided_penalty": 10.0}, "requires": PER_SAMPLE}),
    "0gp": ("1902.03984", {"penalties": {"zero_centred_penalty": 10.0}, "requires": PER_SAMPLE}),
    "div": ("1712.01026", {"penalties": {"divergence_penalty": 2.0}, "requires": PER_SAMPLE}),
    "dragan": ("1705.07215", {"penalties": {"dragan_penalty": 10.0}, "requires": PER_SAMPLE}),
    "jsreg": (
        "1705.09367",
        {"penalties": {"jensen_shannon_penalty": decay(2.0, 0.02)}, "requires": PER_SAMPLE},
    ),
    "bcr": ("2002.04724", {"penalties": {"consistency": 10.0}, "requires": {"images"}}),
    "sn": ("1802.05957", {"constraint": {"spectral_norm": 1.0}}),
    "noise": ("1610.04490", {"transforms": {"instance_noise": (line(0.1, 0.0), 1, "_noisy")}}),
    "pack2": ("1712.04086", {"transforms": {"pack": (None, 2, "pack(m=2)")}}),
    "pack3": ("1712.04086", {"transforms": {"pack": (None, 3, "pack(m=3)")}}),
    "pack4": ("1712.04086", {"transforms": {"pack": (None, 4, "pack(m=4)")}}),
    "minibatch-std": ("1710.10196", {"wraps": ["minibatch_std"], "requires": VECTORS}),
    "feature-matching": (
        "1606.03498",
        {
            "g_loss": "nothing", "terms": {"feature_matching": 1.0}, "requires": VECTORS,
            "reads_real": True, "pointwise": False,
        },
    ),
    "lecam": (
        "2104.03310",
        {
            "d_loss": "with_lecam(loss=logistic_d)",
            "g_loss": "ignoring_state(loss=nonsaturating_g)",
            "state": ("lecam", {"weight": 0.3, "decay": 0.99}, {"real": 0.0, "fake": 0.0}),
        },
    ),
    # Heusel 2017, table 1, WGAN-GP; Gidel 2019, section 5: -1/2 in one player.
    "ttur": ("1706.08500", {"optim": adam(1e-4, 0.5, 0.999), "optim_d": adam(3e-4, 0.5, 0.999)}),
    "negative-momentum": ("1807.04740", {"optim_d": adam(2e-4, -0.5, 0.999)}),
    "top-k": (
        "2002.06224",
        {
            "d_loss": "ignoring_state(loss=logistic_d)",
            "g_loss": "with_top_k(loss=nonsaturating_g)",
            "state": ("top_k", {"share": decay(1.0, 0.5)}, {}),
        },
    ),
}  # fmt: skip
