"""Terms of the generator's loss against their formulas."""

import torch
from torch import nn

from ganbench.methods.zoo.feature_matching import feature_matching
from ganbench.methods.zoo.sliced_wgan import sliced_features
from ganbench.methods.zoo.veegan import latent_reconstruction


def test_terms_of_the_generator_equal_their_formulas():
    """Feature matching, sliced features and VEEGAN's reconstruction, on small networks."""
    torch.manual_seed(0)
    h, f = nn.Linear(3, 4).double(), nn.Linear(3, 2).double()
    g = nn.Linear(2, 3).double()
    real = torch.randn(6, 3, dtype=torch.float64)
    z = torch.randn(6, 2, dtype=torch.float64)
    noise = {"z": z, "directions": torch.eye(4, dtype=torch.float64)}

    def player(x, encode=False):
        return f(x) if encode else g(x)

    def d(x, features=False):
        assert features
        return h(x)

    found = feature_matching(player, d, real, g(z), noise)
    expected = ((h(real).mean(0) - h(g(z)).mean(0)) ** 2).sum()
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=0)
    found = sliced_features(player, d, real, g(z), noise)
    gaps = [h(real)[:, k].sort().values - h(g(z))[:, k].sort().values for k in range(4)]
    torch.testing.assert_close(found, torch.stack(gaps).square().mean(), rtol=1e-8, atol=0)
    found = latent_reconstruction(player, d, real, g(z), noise)
    torch.testing.assert_close(found, (z - f(g(z))).norm(dim=1).square().mean())
