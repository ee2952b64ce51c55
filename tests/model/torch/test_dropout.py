"""Dropout: how much, and that its masks depend on seed, step and row alone."""

from __future__ import annotations

import pytest
import torch

from rnngen.model.torch.dropout import Dropout

CPU = torch.device("cpu")


def masks(rows: slice, *, seed: int = 1, step: int = 2, share: float = 0.25) -> torch.Tensor:
    """Two draws for each of the rows, as two layers make them: (rows, 2, 3 tokens, 2000 units)."""
    dropout = Dropout(share)
    dropout.begin(seed, step, rows, CPU)
    ones = torch.ones(rows.stop - rows.start, 3, 2000)
    return torch.stack([dropout(ones), dropout(ones)], dim=1)


def test_a_share_is_zeroed_and_the_rest_scaled_so_that_the_mean_stays() -> None:
    drawn = masks(slice(0, 20))
    assert drawn.unique().tolist() == pytest.approx([0, 1 / 0.75])
    # 80,000 draws: the standard deviation of the share is 0.0015.
    assert float((drawn == 0).float().mean()) == pytest.approx(0.25, abs=0.01)


def test_all_tokens_of_a_row_have_one_mask_or_each_its_own() -> None:
    drawn = masks(slice(0, 4))
    assert torch.equal(drawn, drawn[:, :, :1].expand_as(drawn))
    dropout = Dropout(0.25)
    dropout.begin(1, 2, slice(0, 4), CPU)
    drawn = dropout(torch.ones(4, 3, 2000), each_token=True)
    assert len(drawn.flatten(0, 1).unique(dim=0)) == 4 * 3
    assert float((drawn == 0).float().mean()) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_row_has_the_same_masks_whoever_draws_it(cut: int) -> None:
    parts = [masks(slice(0, cut)), masks(slice(cut, 7))]
    assert torch.equal(torch.cat(parts), masks(slice(0, 7)))


def test_seeds_steps_rows_and_layers_have_masks_of_their_own() -> None:
    drawn = [masks(slice(0, 3)), masks(slice(0, 3), step=3), masks(slice(0, 3), seed=2)]
    every = torch.cat([d.flatten(0, 1).flatten(1) for d in drawn])
    assert len(every.unique(dim=0)) == 3 * 3 * 2


def test_what_others_draw_changes_nothing() -> None:
    torch.manual_seed(5)
    before = masks(slice(0, 2))
    torch.rand(3)
    assert torch.equal(before, masks(slice(0, 2)))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    masks(slice(0, 2))
    assert torch.equal(torch.rand(3), expected)


def test_the_gradient_passes_where_the_value_did() -> None:
    dropout, x = Dropout(0.5), torch.ones(3, 5, 8, requires_grad=True)
    dropout.begin(0, 0, slice(0, 3), CPU)
    y = dropout(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())
