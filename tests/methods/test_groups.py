"""Groups of variants, and lists of names."""

from ganbench.core import registry
from ganbench.experiment.request import choose_variants, variant_groups


def test_groups_are_not_called_like_variants():
    known = variant_groups()
    assert not {"all", *known} & set(registry.variants.names())
    assert not {"all", *known} & {n.partition("+")[0] for n in registry.modifiers.names()}
    assert {"core", "wasserstein", "relativistic", "f-divergence"} <= set(known)
    assert [v.name for v in choose_variants(("core",))] == [v.name for v in known["core"]]
    assert not registry.variants.get("ns+r1").core


def test_families_and_lists_of_variants():
    def names(*given):
        return [variant.name for variant in choose_variants(given)]

    members = ["wgan", "wgan-0gp", "wgan-div", "wgan-gp", "wgan-lp"]
    assert names("wasserstein") == members
    assert names("ns+sn+r1,ns,ns+r1+sn", "ns") == ["ns+r1+sn", "ns"]
    assert names("all") == registry.variants.names()
