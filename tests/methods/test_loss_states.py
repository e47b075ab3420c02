"""What losses carry along: BEGAN's k, LeCam's averages, the share of top-k."""

import pytest
import torch

from ganbench.core import registry


def test_loss_states_follow_their_rules():
    began = registry.variants.get("began").loss_state
    values = {key: torch.tensor(v) for key, v in began.values.items()}
    k = began.init()["k"]
    assert float(k) == 0
    new = began.update({**values, "k": torch.tensor(0.5)}, torch.tensor(2.0), torch.tensor(0.3))
    assert float(new["k"]) == pytest.approx(0.5 + 1e-3 * (0.5 * 2.0 - 0.3))
    low = began.update({**values, "k": k}, torch.tensor(0.0), torch.tensor(5.0))
    assert float(low["k"]) == 0
    lecam = registry.modifiers.get("lecam").loss_state
    given = {"decay": torch.tensor(0.99), "real": torch.tensor(1.0), "fake": torch.tensor(-1.0)}
    new = lecam.update(given, torch.tensor(2.0), torch.tensor(0.0))
    assert float(new["real"]) == pytest.approx(1.01)
    assert float(new["fake"]) == pytest.approx(-0.99)


def test_k_of_began_stays_below_one():
    """Berthelot 2017, section 3.4: k in [0, 1]."""
    began = registry.variants.get("began").loss_state
    values = {key: torch.tensor(v) for key, v in began.values.items()}
    high = began.update({**values, "k": torch.tensor(1.0)}, torch.tensor(50.0), torch.tensor(0.0))
    assert float(high["k"]) == 1


def test_the_averages_of_lecam_start_at_zero():
    start = registry.modifiers.get("lecam").loss_state.init()
    assert {key: float(value) for key, value in start.items()} == {"real": 0, "fake": 0}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.27, 0.5, 0.8, 1.0])
def test_top_k_learns_from_the_share_it_says_and_from_one_sample_at_least(share):
    variant = registry.variants.get("top-k")
    fake = torch.tensor([3.0, -1.0, 2.0, 0.0, 1.0, -2.0, 4.0, 0.5, -0.5, 2.5])
    kept = fake.sort(descending=True).values[: max(1, round(10 * share))]
    value = variant.g_loss(torch.full_like(fake, torch.nan), fake, {"share": torch.tensor(share)})
    torch.testing.assert_close(value, torch.nn.functional.softplus(-kept).mean())
