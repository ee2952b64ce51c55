"""The pass that keeps everything, against the fast runtime and against the equations in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnngen.analysis.trace import GATE_NAMES, Tracer
from rnngen.config import CELLS, ModelConfig
from rnngen.model.numpy_runtime import NumpyRuntime
from tests.analysis.nets import random_net

IDS = np.random.default_rng(9).integers(0, 30, (40, 3))  # (T, B)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ngrams": 1},
        {"norm": False},
        {"skip": False},
        {"embedding_dim": 5},
        {"tie_weights": True, "num_layers": 1},
    ],
)
def test_the_logits_are_those_of_the_runtime(cell: str, settings):
    config, weights = random_net(cell=cell, **settings)
    runtime = NumpyRuntime(config, {n: a.astype(np.float32) for n, a in weights.items()})
    expected, _ = runtime.forward(IDS.T, runtime.start(3))
    trace = Tracer(config, weights).read(IDS)
    assert np.abs(trace.logits.swapaxes(0, 1) - expected).max() < 1e-4
    assert trace.logits.dtype == np.float32


@pytest.mark.parametrize("cell", CELLS)
def test_a_text_read_in_parts_is_read_as_a_whole(cell: str):
    config, weights = random_net(cell=cell)
    tracer = Tracer(config, weights, np.float64)
    whole = tracer.read(IDS).logits
    first = tracer.read(IDS[:17])
    assert np.allclose(tracer.read(IDS[17:], first.state).logits, whole[17:], atol=1e-12)


def by_hand(config: ModelConfig, weights: dict[str, torch.Tensor], ids: list[int]):
    """Gates of each layer and step, and the memory after it: the papers' equations, in torch.

    Everything one unit and one scalar sum at a time, so that no code is shared with the package.
    """
    hidden, count = config.hidden_size, {"lstm": 4, "gru": 3}[config.cell]
    gates = [{name: [] for name in GATE_NAMES[config.cell]} for _ in range(config.num_layers)]
    memories = [[] for _ in range(config.num_layers)]
    h = [torch.zeros(hidden, dtype=torch.float64) for _ in range(config.num_layers)]
    c = [torch.zeros(hidden, dtype=torch.float64) for _ in range(config.num_layers)]
    for token in ids:
        x = weights["embedding.weight"][token]
        for layer in range(config.num_layers):
            w, u, b, d = (
                weights[f"layers.{layer}.{name}_l0"].reshape(count, hidden, -1)
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            from_x = [w[k] @ x + b[k, :, 0] for k in range(count)]
            from_h = [u[k] @ h[layer] + d[k, :, 0] for k in range(count)]
            if config.cell == "lstm":
                i, f, o = (torch.sigmoid(from_x[k] + from_h[k]) for k in (0, 1, 3))
                g = torch.tanh(from_x[2] + from_h[2])
                c[layer] = f * c[layer] + i * g
                h[layer] = o * torch.tanh(c[layer])
                found = {"input": i, "forget": f, "candidate": g, "output": o}
                memories[layer].append(c[layer])
            else:
                r, z = (torch.sigmoid(from_x[k] + from_h[k]) for k in (0, 1))
                n = torch.tanh(from_x[2] + r * from_h[2])
                h[layer] = (1 - z) * n + z * h[layer]
                found = {"reset": r, "update": z, "candidate": n}
                memories[layer].append(h[layer])
            for name, value in found.items():
                gates[layer][name].append(value)
            y = torch.nn.functional.layer_norm(
                h[layer],
                (hidden,),
                weights[f"norms.{layer}.weight"],
                weights[f"norms.{layer}.bias"],
            )
            x = x + y
    return gates, memories


@pytest.mark.parametrize("cell", CELLS)
def test_the_gates_are_those_of_the_equations(cell: str):
    config, weights = random_net(cell=cell, ngrams=1)
    ids = IDS[:, 0].tolist()
    gates, memories = by_hand(config, {n: torch.tensor(a) for n, a in weights.items()}, ids)
    for dtype, error in ((np.float32, 1e-5), (np.float64, 1e-12)):
        trace = Tracer(config, weights, dtype).read(IDS)
        for index, layer in enumerate(trace.layers):
            assert set(layer.gates) == set(GATE_NAMES[cell])
            for name, found in layer.gates.items():
                expected = torch.stack(gates[index][name]).numpy()
                assert np.abs(found[:, 0] - expected).max() < error, name
            expected = torch.stack(memories[index]).numpy()
            assert np.abs(layer.memory[:, 0] - expected).max() < error


@pytest.mark.parametrize("cell", CELLS)
def test_the_memory_of_a_gate_that_is_torchs(cell: str):
    """torch's own cell has the same states, so the order of the gates is torch's."""
    config, weights = random_net(cell=cell, ngrams=1, num_layers=1)
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    layer = kind(config.embedding_dim, config.hidden_size).double()
    layer.load_state_dict(
        {
            n.removeprefix("layers.0."): torch.tensor(a)
            for n, a in weights.items()
            if "layers.0" in n
        }
    )
    x = torch.tensor(weights["embedding.weight"][IDS])
    with torch.no_grad():
        expected, _ = layer(x)
    found = Tracer(config, weights, np.float64).read(IDS).layers[0].h
    assert np.abs(found - expected.numpy()).max() < 1e-12
