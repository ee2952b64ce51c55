"""NumpyRuntime against the equations, against torch, and against itself in other company."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.config import CELLS, ModelConfig
from rnngen.model import numpy_runtime as numpy_runtime
from rnngen.model import products
from rnngen.model.ngrams import rows
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.model.shapes import tensor_shapes
from rnngen.model.torch.runtime import TorchRuntime
from tests.conftest import ROOT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    State = tuple[Array, ...]

BATCHES = (1, 2, 3, 5, 7, 8, 16, 33, 64, 100, 1000)


def random_weights(config: ModelConfig) -> dict[str, Array]:
    """Large enough that gates open and shut, and that a mix-up of any two tensors shows."""
    rng = np.random.default_rng(7)
    return {
        name: rng.normal(0, 2 / np.sqrt(shape[-1]), shape).astype(np.float32)
        for name, shape in tensor_shapes(config).items()
    }


def random_state(runtime: NumpyRuntime, streams: int) -> State:
    rng = np.random.default_rng(8)
    return tuple(
        rng.integers(0, runtime.config.vocab_size + 1, part.shape)
        if part.dtype == np.int64
        else rng.uniform(-1, 1, part.shape).astype(np.float32)
        for part in runtime.start(streams)
    )


def random_ids(config: ModelConfig, *shape: int) -> NDArray[np.int64]:
    return np.random.default_rng(9).integers(0, config.vocab_size, shape)


def build(**settings: Any) -> tuple[ModelConfig, NumpyRuntime]:
    sizes = {"embedding_dim": 20, "hidden_size": 20, "ngrams": 3, "ngram_buckets": 500}
    config = ModelConfig(**({"vocab_size": 37} | sizes | settings))
    return config, NumpyRuntime(config, random_weights(config))


def assert_close(got: Array, expected: Array) -> None:
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


def assert_same_bits(got: Array, expected: Array) -> None:
    assert got.dtype == expected.dtype
    assert np.array_equal(got.view(np.int32), expected.view(np.int32))


def every_config() -> list[ModelConfig]:
    return [
        ModelConfig(
            vocab_size=37,
            cell=cell,
            embedding_dim=embedding_dim,
            hidden_size=20,
            num_layers=num_layers,
            tie_weights=tied,
            norm=norm,
            skip=skip,
            ngrams=ngrams,
            ngram_buckets=100,
            ngram_dim=6,
        )
        for cell, num_layers, embedding_dim, tied, norm, skip, ngrams in itertools.product(
            CELLS, (1, 3), (20, 12), (False, True), (False, True), (False, True), (1, 2, 4)
        )
        if not (tied and embedding_dim == 12)
    ]


def name(config: ModelConfig) -> str:
    flags = [flag for flag in ("tie_weights", "norm", "skip") if getattr(config, flag)]
    sizes = [f"L{config.num_layers}", f"E{config.embedding_dim}", f"N{config.ngrams}"]
    return "-".join([config.cell, *sizes, *flags])


# The equations once more, one stream and one token at a time, in float64 and nothing shared.


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def lstm(x: Array, h: Array, c: Array, w: Array, u: Array, b: Array, d: Array) -> tuple[Array, ...]:
    i, f, g, o = np.split(w @ x + b + u @ h + d, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(x: Array, h: Array, w: Array, u: Array, b: Array, d: Array) -> tuple[Array, ...]:
    (xr, xz, xn), (hr, hz, hn) = np.split(w @ x + b, 3), np.split(u @ h + d, 3)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    n = np.tanh(xn + r * hn)
    return ((1 - z) * n + z * h,)


def oracle_step(config: ModelConfig, weights: dict[str, Array], token: int, state: State) -> Array:
    """Logits (V,); writes the next state over `state`, whose parts are (L, H) and (N - 1, 1)."""
    w = {n: a.astype(np.float64) for n, a in weights.items()}
    x = w["embedding.weight"][token]
    if config.ngrams > 1:
        *state, recent = state
        run = np.append(recent[:, 0], token + 1)
        for row in rows(run.astype(np.int64), config.ngrams, config.ngram_buckets):
            x = x + w["ngrams_up.weight"] @ w["ngrams.weight"][row[0]]
        recent[:, 0] = run[1:]
    for layer in range(config.num_layers):
        tensors = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        own = [w[f"layers.{layer}.{tensor}"] for tensor in tensors]
        cell = lstm if config.cell == "lstm" else gru
        carried = cell(x, *[part[layer].copy() for part in state], *own)
        for part, value in zip(state, carried, strict=True):
            part[layer] = value
        y = carried[0]
        if config.norm:
            y = (y - y.mean()) / np.sqrt(y.var() + 1e-5)
            y = y * w[f"norms.{layer}.weight"] + w[f"norms.{layer}.bias"]
        x = y + x if config.skip and len(x) == len(y) else y
    return w["embedding.weight" if config.tie_weights else "output.weight"] @ x + w["output.bias"]


@pytest.mark.parametrize("config", every_config(), ids=name)
def test_logits_follow_the_equations(config: ModelConfig) -> None:
    weights, ids = random_weights(config), random_ids(config, 2, 6)
    runtime = NumpyRuntime(config, weights)
    before = random_state(runtime, 2)
    logits, after = runtime.forward(ids, before)
    for stream in range(2):
        state = tuple(part[:, stream].astype(np.float64) for part in before)
        expected = [oracle_step(config, weights, token, state) for token in ids[stream]]
        assert_close(logits[stream], np.array(expected))
        for got, wanted in zip(after, state, strict=True):
            assert_close(got[:, stream], wanted)


@pytest.mark.parametrize("config", every_config(), ids=name)
def test_numpy_and_torch_agree_and_can_take_over_from_each_other(config: ModelConfig) -> None:
    weights, ids = random_weights(config), random_ids(config, 3, 8)
    runtimes = NumpyRuntime(config, weights), TorchRuntime(config, weights)
    whole, end = runtimes[1].forward(ids, runtimes[1].start(3))
    assert_close(runtimes[0].forward(ids, runtimes[0].start(3))[0], whole)
    state = runtimes[1].start(3)
    for position in range(8):
        logits, state = runtimes[position % 2].step(ids[:, position], state)
        assert_close(logits, whole[:, position])
    for got, expected in zip(state, end, strict=True):
        assert_close(got, expected)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("size", [1, 7, 96, 130, 200, 256, 384])
def test_a_stream_has_the_same_bits_in_any_batch(cell: str, size: int) -> None:
    config, runtime = build(cell=cell, vocab_size=301, embedding_dim=size, hidden_size=size)
    ids, state = random_ids(config, 1000), random_state(runtime, 1000)
    logits, after = runtime.step(ids, state)
    rng = np.random.default_rng(0)
    for streams in BATCHES:
        rows = rng.permutation(1000)[:streams]
        got, carried = runtime.step(ids[rows], tuple(part[:, rows] for part in state))
        assert_same_bits(got, logits[rows])
        for part, expected in zip(carried, after, strict=True):
            assert_same_bits(part, expected[:, rows])


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=9), data=st.data())
def test_a_group_has_the_same_bits_among_any_others(
    cell: str, sizes: list[int], data: st.DataObject
) -> None:
    config, runtime = build(cell=cell, embedding_dim=130, hidden_size=130)
    streams = sum(sizes)
    ids, state = random_ids(config, streams), random_state(runtime, streams)
    logits, after = runtime.step_groups(ids, state, sizes)
    for got, expected in zip((logits, *after), _stepped(runtime, ids, state), strict=True):
        assert_close(got, expected)
    group = data.draw(st.integers(0, len(sizes) - 1))
    part = slice(sum(sizes[:group]), sum(sizes[: group + 1]))
    alone, carried = runtime.step_groups(
        ids[part], tuple(whole[:, part] for whole in state), sizes[group : group + 1]
    )
    assert_same_bits(alone, logits[part])
    for got, whole in zip(carried, after, strict=True):
        assert_same_bits(got, whole[:, part])


def _stepped(runtime: NumpyRuntime, ids: NDArray[np.int64], state: State) -> tuple[Array, ...]:
    logits, after = runtime.step(ids, state)
    return logits, *after


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 9), max_size=4), streams=st.sampled_from([1, 3, 40]))
def test_a_text_read_whole_or_in_parts_has_the_same_bits(
    cell: str, cuts: list[int], streams: int
) -> None:
    config, runtime = build(cell=cell, embedding_dim=12)
    ids, state = random_ids(config, streams, 9), random_state(runtime, streams)
    whole, end = runtime.forward(ids, state)
    parts = []
    for low, high in itertools.pairwise([0, *sorted(cuts), 9]):
        logits, state = runtime.forward(ids[:, low:high], state)
        parts.append(logits)
    assert_same_bits(np.concatenate(parts, 1), whole)
    for got, expected in zip(state, end, strict=True):
        assert_same_bits(got, expected)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("streams", [1, 3, 40])
def test_stepping_has_the_bits_of_reading_whole(cell: str, streams: int) -> None:
    config, runtime = build(cell=cell, hidden_size=130)
    ids, state = random_ids(config, streams, 5), random_state(runtime, streams)
    whole, _ = runtime.forward(ids, state)
    for position in range(5):
        logits, state = runtime.step(ids[:, position], state)
        assert_same_bits(logits, whole[:, position])


@pytest.mark.parametrize("cell", CELLS)
def test_bits_do_not_depend_on_how_many_threads_work(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, runtime = build(cell=cell)
    ids, state = random_ids(config, 200), random_state(runtime, 200)
    expected, _ = runtime.step(ids, state)
    for workers in (1, 5):
        with ThreadPoolExecutor(workers) as pool:
            monkeypatch.setattr(numpy_runtime, "_pool", lambda pool=pool: pool)
            assert_same_bits(runtime.step(ids, state)[0], expected)


@pytest.mark.parametrize("cell", CELLS)
def test_bits_do_not_depend_on_whether_input_products_are_kept(
    cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, kept = build(cell=cell, embedding_dim=12)
    monkeypatch.setattr(products, "TABLE_BYTES", 0)
    _, fresh = build(cell=cell, embedding_dim=12)
    for streams in (1, 50, 1):
        ids, state = random_ids(config, streams), random_state(kept, streams)
        assert_same_bits(kept.step(ids, state)[0], fresh.step(ids, state)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_is_left_as_it_was(cell: str) -> None:
    config, runtime = build(cell=cell)
    for streams in (1, 40):
        state = random_state(runtime, streams)
        copies = [part.copy() for part in state]
        _, first = runtime.step(random_ids(config, streams), state)
        kept = [part.copy() for part in first]
        runtime.step(random_ids(config, streams), first)
        for part, copy in zip([*state, *first], [*copies, *kept], strict=True):
            assert_same_bits(part, copy)


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_may_lie_in_memory_in_any_order(cell: str) -> None:
    config, runtime = build(cell=cell)
    ids, state = random_ids(config, 5), random_state(runtime, 5)
    scattered = tuple(np.asfortranarray(part) for part in state)
    assert_same_bits(runtime.step(ids, scattered)[0], runtime.step(ids, state)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_reading_nothing_changes_nothing(cell: str) -> None:
    _, runtime = build(cell=cell)
    state = random_state(runtime, 3)
    logits, after = runtime.forward(np.zeros((3, 0), np.int64), state)
    assert logits.shape == (3, 0, 37)
    for got, expected in zip(after, state, strict=True):
        assert_same_bits(got, expected)


@pytest.mark.parametrize("cell", CELLS)
def test_streams_start_at_zero(cell: str) -> None:
    _, runtime = build(cell=cell)
    parts = runtime.start(4)
    memory = [(2, 4, 20)] * (2 if cell == "lstm" else 1)
    assert [part.shape for part in parts] == [*memory, (2, 4, 1)]
    assert [part.dtype for part in parts] == [np.float32] * len(memory) + [np.int64]
    assert not any(part.any() for part in parts)


def test_another_number_of_streams_than_the_states_is_refused() -> None:
    config, runtime = build()
    with pytest.raises(ValueError, match="ids of 3 streams, state of 2"):
        runtime.step(random_ids(config, 3), runtime.start(2))
    with pytest.raises(ValueError, match="ids of 1 streams, state of 2"):
        runtime.forward(random_ids(config, 1, 4), runtime.start(2))
    with pytest.raises(ValueError, match="ids of 3 streams, state of 3, groups of 4"):
        runtime.step_groups(random_ids(config, 3), runtime.start(3), [1, 3])


def test_a_misshapen_weight_is_refused_by_name() -> None:
    config, _ = build()
    weights = random_weights(config) | {"output.bias": np.zeros(36, np.float32)}
    with pytest.raises(ValueError, match=r"output.bias has shape \(36,\), expected \(37,\)"):
        NumpyRuntime(config, weights)


def test_weights_are_copied() -> None:
    config, _ = build(tie_weights=True)
    weights = random_weights(config)
    runtime = NumpyRuntime(config, weights)
    ids, state = random_ids(config, 2), random_state(runtime, 2)
    expected, _ = runtime.step(ids, state)
    for weight in weights.values():
        weight.fill(np.nan)
    assert_same_bits(NumpyRuntime.step(runtime, ids, state)[0], expected)


def test_bits_do_not_depend_on_the_threads_blas_may_start() -> None:
    def run(threads: int) -> str:
        limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        command = [sys.executable, "-m", "tests.model.digest"]
        return subprocess.run(
            command, cwd=ROOT, env=os.environ | limits, capture_output=True, text=True, check=True
        ).stdout

    assert len(run(1)) == 65
    assert run(1) == run(2)
