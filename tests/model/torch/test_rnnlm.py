"""RNNLM: its tensors, its first weights, and the laws of carrying state."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from rnngen.config import CELLS, ModelConfig
from rnngen.model.shapes import parameter_count, tensor_shapes
from rnngen.model.torch.rnnlm import RNNLM, log_frequencies


@st.composite
def configs(draw: st.DrawFn) -> ModelConfig:
    size, tied = draw(st.integers(1, 6)), draw(st.booleans())
    return ModelConfig(
        vocab_size=draw(st.integers(1, 9)),
        cell=draw(st.sampled_from(CELLS)),
        embedding_dim=size if tied else draw(st.integers(1, 6)),
        hidden_size=size,
        num_layers=draw(st.integers(1, 3)),
        tie_weights=tied,
        norm=draw(st.booleans()),
        skip=draw(st.booleans()),
        ngrams=draw(st.integers(1, 4)),
        ngram_buckets=draw(st.integers(1, 9)),
        ngram_dim=draw(st.integers(1, 6)),
    )


def small(cell: str, **settings: object) -> ModelConfig:
    defaults = {"embedding_dim": 24, "hidden_size": 24, "num_layers": 2}
    return ModelConfig.from_dict({"vocab_size": 11, "cell": cell} | defaults | settings)


def some_ids(*shape: int) -> torch.Tensor:
    return torch.randint(11, shape, generator=torch.Generator().manual_seed(1))


@settings(max_examples=30)
@given(configs())
def test_a_model_has_the_tensors_its_config_promises(config: ModelConfig) -> None:
    model = RNNLM(config)
    assert {n: tuple(t.shape) for n, t in model.state_dict().items()} == tensor_shapes(config)
    assert sum(p.numel() for p in model.parameters()) == parameter_count(config)


@settings(max_examples=30)
@given(configs())
def test_every_weight_gets_a_gradient(config: ModelConfig) -> None:
    model = RNNLM(config)
    logits, _ = model(torch.zeros(2, 3, dtype=torch.int64))
    logits.square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=6)
@given(cut=st.integers(1, 6))
def test_a_text_read_in_two_parts_gives_the_logits_of_the_whole(cell: str, cut: int) -> None:
    model, ids = RNNLM(small(cell)), some_ids(3, 7)
    whole, last = model(ids)
    first, state = model(ids[:, :cut])
    second, end = model(ids[:, cut:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=1e-5, atol=1e-5)
    for got, expected in zip(end, last, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_no_state_is_a_state_of_zeros(cell: str) -> None:
    model, ids = RNNLM(small(cell)), some_ids(3, 4)
    start = model.start(3)
    assert [tuple(part.shape) for part in start] == [(2, 3, 24)] * (2 if cell == "lstm" else 1)
    assert not any(part.any() for part in start)
    torch.testing.assert_close(model(ids)[0], model(ids, start)[0])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("skip", [False, True])
def test_the_skip_hands_on_what_a_silent_layer_would_swallow(cell: str, skip: bool) -> None:
    model, ids = RNNLM(small(cell, skip=skip, num_layers=1)), some_ids(2, 3)
    with torch.no_grad():  # LayerNorm's weight and bias at zero: the layer itself says nothing
        model.norms[0].weight.zero_()
    expected = model.output(model.embedding(ids)) if skip else model.output.bias.expand(2, 3, 11)
    torch.testing.assert_close(model(ids)[0], expected)


@pytest.mark.parametrize("cell", CELLS)
def test_dropout_works_in_training_only(cell: str) -> None:
    model, ids = RNNLM(small(cell, dropout=0.5)), some_ids(2, 5)
    assert not torch.equal(model(ids)[0], model(ids)[0])
    model.eval()
    assert torch.equal(model(ids)[0], model(ids)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_gates_start_orthogonal(cell: str) -> None:
    for layer in RNNLM(small(cell)).layers:
        for gate in layer.get_parameter("weight_hh_l0").split(24):
            torch.testing.assert_close(gate @ gate.T, torch.eye(24), rtol=0, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_input_gates_start_at_xaviers_scale(cell: str) -> None:
    config = small(cell, embedding_dim=100, hidden_size=300, num_layers=1)
    bound = math.sqrt(6 / (100 + 300))
    for gate in RNNLM(config).layers[0].get_parameter("weight_ih_l0").detach().split(300):
        assert gate.abs().max() <= bound
        assert float(gate.std()) == pytest.approx(bound / math.sqrt(3), rel=0.02)


def test_an_lstm_starts_by_remembering_and_a_gru_undecided() -> None:
    for layer in RNNLM(small("lstm")).layers:
        i, f, g, o = (layer.get_parameter("bias_ih_l0") + layer.get_parameter("bias_hh_l0")).split(
            24
        )
        assert (f == 1).all()
        assert not torch.cat([i, g, o]).any()
    for layer in RNNLM(small("gru")).layers:
        assert not layer.get_parameter("bias_ih_l0").any()
        assert not layer.get_parameter("bias_hh_l0").any()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_training_starts_at_the_entropy_of_single_tokens(cell: str, tied: bool) -> None:
    counts = np.arange(1, 61) * 10**6
    shares = counts / counts.sum()
    ids = torch.from_numpy(np.random.default_rng(0).choice(60, (4, 65), p=shares))
    unigram_loss = -np.log(shares)[ids[:, 1:].numpy()].mean()
    torch.manual_seed(0)
    model = RNNLM(
        ModelConfig(60, cell, embedding_dim=128, hidden_size=128, tie_weights=tied), counts
    )
    loss = F.cross_entropy(model(ids[:, :-1])[0].flatten(0, 1), ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(unigram_loss, abs=0.1)


def test_a_token_never_seen_still_has_some_probability() -> None:
    torch.testing.assert_close(
        log_frequencies(torch.tensor([0, 1, 5])), torch.tensor([1 / 9, 2 / 9, 6 / 9]).log()
    )
