"""TorchRuntime; that it agrees with NumpyRuntime is tested in test_numpy_runtime.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from rnngen.config import CELLS, ModelConfig
from rnngen.model.torch.rnnlm import RNNLM
from rnngen.model.torch.runtime import TorchRuntime

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDS = np.random.default_rng(0).integers(0, 11, (3, 6))


def config_of(cell: str) -> ModelConfig:
    return ModelConfig(11, cell, embedding_dim=16, hidden_size=16, dropout=0.5)


def first_weights(config: ModelConfig) -> dict[str, NDArray[np.float32]]:
    return {name: tensor.numpy() for name, tensor in RNNLM(config).state_dict().items()}


@pytest.mark.parametrize("cell", CELLS)
def test_it_gives_the_logits_of_the_model_without_dropout(cell: str) -> None:
    model = RNNLM(config_of(cell)).eval()
    runtime = TorchRuntime(model.config, {n: t.numpy() for n, t in model.state_dict().items()})
    logits, state = runtime.forward(IDS, runtime.start(3))
    expected, after = model(torch.from_numpy(IDS))
    np.testing.assert_allclose(logits, expected.detach(), rtol=0, atol=1e-6)
    for got, wanted in zip(state, after, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, wanted.detach(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_weights_and_state_are_copied(cell: str) -> None:
    config = config_of(cell)
    weights = first_weights(config)
    for weight in weights.values():
        weight.flags.writeable = False  # as a memory-mapped file's are
    runtime = TorchRuntime(config, weights)
    state = tuple(part + np.float32(0.5) for part in runtime.start(3))
    runtime.step(IDS[:, 0], state)
    assert all((part == 0.5).all() for part in state)


def test_another_number_of_streams_than_the_states_is_refused() -> None:
    config = config_of("gru")
    runtime = TorchRuntime(config, first_weights(config))
    with pytest.raises(ValueError, match="ids of 3 streams, state of 2"):
        runtime.step(IDS[:, 0], runtime.start(2))
    with pytest.raises(ValueError, match="ids of 3 streams, state of 4"):
        runtime.forward(IDS, runtime.start(4))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
@pytest.mark.parametrize("cell", CELLS)
def test_a_gpu_gives_the_logits_of_the_cpu(cell: str) -> None:
    config = config_of(cell)
    weights = first_weights(config)
    here, there = TorchRuntime(config, weights), TorchRuntime(config, weights, device="cuda")
    expected, _ = here.forward(IDS, here.start(3))
    logits, _ = there.forward(IDS, there.start(3))
    assert np.abs(logits - expected).max() <= 1e-5 * np.abs(expected).max()
