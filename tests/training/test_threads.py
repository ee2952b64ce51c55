"""Rows shared by threads: the same sums, and nothing left behind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from rnngen.config import CELLS, ModelConfig
from rnngen.model.torch.rnnlm import RNNLM
from rnngen.training.threads import Replicas, one_thread_each, split_evenly


@given(st.integers(0, 50), st.integers(1, 20))
def test_stretches_follow_each_other_and_differ_by_one_at_most(number: int, parts: int) -> None:
    stretches = split_evenly(number, parts)
    assert len(stretches) == parts
    assert [i for s in stretches for i in range(number)[s]] == list(range(number))
    lengths = [s.stop - s.start for s in stretches]
    assert lengths == sorted(lengths, reverse=True)
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_gradient_is_that_of_the_whole_batch(cell: str, count: int) -> None:
    torch.manual_seed(0)
    model = RNNLM(ModelConfig(7, cell, embedding_dim=6, hidden_size=5))
    ids = torch.from_numpy(np.random.default_rng(0).integers(0, 7, (5, 4)))
    F.cross_entropy(model(ids)[0].flatten(0, 1), ids.flatten(), reduction="sum").backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters()}
    replicas = Replicas(model, count)

    def backward(replica: RNNLM, rows: slice) -> int:
        loss = F.cross_entropy(
            replica(ids[rows])[0].flatten(0, 1), ids[rows].flatten(), reduction="sum"
        )
        loss.backward()
        return rows.stop - rows.start

    for _ in range(2):  # the second time starts from gradients that were there
        replicas.zero_grad()
        assert sum(replicas.map_rows(5, backward)) == 5
        replicas.sum_gradients()
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-4, atol=1e-5)


def test_replicas_follow_the_weights_of_the_model() -> None:
    model = RNNLM(ModelConfig(3, embedding_dim=2, hidden_size=2))
    replicas = Replicas(model, 3)
    with torch.no_grad():
        model.output.bias.fill_(4)
    assert replicas.map_rows(3, lambda replica, _: replica.output.bias[0].item()) == [4, 4, 4]


def test_an_error_in_any_thread_comes_out_after_all_have_ended() -> None:
    replicas = Replicas(RNNLM(ModelConfig(3, embedding_dim=2, hidden_size=2)), 3)
    ended = []

    def work(_: RNNLM, rows: slice) -> None:
        ended.append(rows.start)
        if rows.start == 1:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        replicas.map_rows(3, work)
    assert sorted(ended) == [0, 1, 2]


def test_each_thread_computes_alone_and_the_callers_setting_comes_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        replicas = Replicas(RNNLM(ModelConfig(3, embedding_dim=2, hidden_size=2)), 3)
        with one_thread_each():
            assert replicas.map_rows(3, lambda *_: torch.get_num_threads()) == [1, 1, 1]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
