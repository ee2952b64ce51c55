"""The GRU for training on a CPU against torch.nn.GRU, in double precision."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnngen.config import ModelConfig
from rnngen.model.torch import gru
from rnngen.model.torch.rnnlm import RNNLM


def some(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def layer_of(width: int, hidden: int, **settings: Any) -> nn.GRU:
    layer = nn.GRU(width, hidden, dtype=torch.float64, **settings)
    with torch.no_grad():
        for seed, parameter in enumerate(layer.parameters()):
            parameter.copy_(some(*parameter.shape, seed=seed) / 2)
    return layer


def assert_same(layer: nn.GRU, x: Tensor, h: Tensor | None) -> None:
    """Outputs and all gradients, those by way of the last state among them."""
    wanted = [x.requires_grad_(), *layer.parameters()]
    if h is not None:
        wanted.append(h.requires_grad_())
    found = []
    for way in (layer, lambda x, h: gru.unroll(layer, x, h)):
        y, last = way(x, h)
        loss = (y * some(*y.shape, seed=8)).sum() + (last * some(*last.shape, seed=9)).sum()
        found.append((y, last, *torch.autograd.grad(loss, wanted)))
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.integers(1, 5),
    streams=st.integers(1, 4),
    width=st.integers(1, 6),
    hidden=st.integers(1, 6),
    batch_first=st.booleans(),
    given_state=st.booleans(),
)
def test_it_is_torchs_gru(
    steps: int, streams: int, width: int, hidden: int, batch_first: bool, given_state: bool
) -> None:
    layer = layer_of(width, hidden, batch_first=batch_first)
    x = some(streams, steps, width) if batch_first else some(steps, streams, width)
    assert_same(layer, x, some(1, streams, hidden) if given_state else None)


def test_inputs_need_not_be_contiguous() -> None:
    x, h = some(5, 6, 7).permute(2, 0, 1)[::2], some(4, 10, 1).permute(2, 1, 0)[:, ::2]
    assert not x.is_contiguous()
    assert not h.is_contiguous()
    assert_same(layer_of(6, 4), x, h)
    assert_same(layer_of(6, 4, batch_first=True), x.transpose(0, 1), h)


def test_gates_that_saturate_are_right_too() -> None:
    assert_same(layer_of(3, 4), 50 * some(6, 2, 3), some(1, 2, 4))


def test_gradients_are_those_of_finite_differences() -> None:
    layer = layer_of(2, 3)

    def outputs(x: Tensor, h: Tensor, *parameters: Tensor) -> Tensor:
        return gru._GRU.apply(x, h, *parameters)

    parameters = [layer.get_parameter(name) for name in gru.PARAMETERS]
    inputs = [some(4, 2, 2).requires_grad_(), some(2, 3).requires_grad_(), *parameters]
    assert torch.autograd.gradcheck(outputs, inputs)


def test_going_back_twice_gives_the_same_gradients() -> None:
    layer = layer_of(3, 4)
    loss = gru.unroll(layer, some(5, 2, 3))[0].square().sum()
    first = torch.autograd.grad(loss, layer.parameters(), retain_graph=True)
    for before, after in zip(first, torch.autograd.grad(loss, layer.parameters()), strict=True):
        assert torch.equal(before, after)


def test_what_overwrote_its_output_is_not_gone_back_through() -> None:
    layer = layer_of(3, 4)
    y, _ = gru.unroll(layer, some(5, 2, 3))
    with torch.no_grad():
        y.zero_()
    with pytest.raises(RuntimeError, match="inplace"):
        y.sum().backward()


def test_a_model_learns_by_the_same_gradients_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ModelConfig(11, "gru", embedding_dim=6, hidden_size=8, num_layers=2)
    model, ids = RNNLM(config).double(), torch.arange(12).view(3, 4) % 11
    found = []
    for pays in (True, False):
        monkeypatch.setattr(gru, "is_faster", lambda x, pays=pays: pays)
        logits, (h,) = model(ids, tuple(some(*part.shape) for part in model.start(3)))
        gradients = torch.autograd.grad(logits.square().sum(), list(model.parameters()))
        found.append((logits, h, *gradients))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_it_is_for_training_in_full_precision() -> None:
    x = torch.zeros(1)
    assert gru.is_faster(x)
    assert not gru.is_faster(x.to("meta"))
    with torch.no_grad():
        assert not gru.is_faster(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert not gru.is_faster(x)
