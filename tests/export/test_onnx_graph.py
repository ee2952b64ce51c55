"""The graph in onnxruntime against the NumPy runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rnngen.config import ModelConfig
from rnngen.errors import CheckpointError, PackageError
from rnngen.export import onnx_graph
from rnngen.model.numpy_runtime import NumpyRuntime
from tests.export.models import every_shape, random_weights, shape_name

onnx = pytest.importorskip("onnx", reason='needs onnx: pip install "rnngen[dev]"')
onnxruntime = pytest.importorskip(
    "onnxruntime", reason='needs onnxruntime: pip install "rnngen[dev]"'
)

if TYPE_CHECKING:
    from rnngen.model.runtime import State

CLOSE = 1e-4
BATCHES, LENGTHS = (1, 7), (1, 2, 257)


class Exported:
    """A model in onnxruntime, read as the NumPy runtime is: the same ids, the same state."""

    def __init__(self, config: ModelConfig, weights: dict[str, Any]) -> None:
        content = onnx_graph.build(config, weights)
        onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
        self.session = onnxruntime.InferenceSession(content)
        self._parts = ("h", "c") if config.cell == "lstm" else ("h",)
        self._parts += ("ids",) if config.ngrams > 1 else ()

    def forward(self, ids: Any, state: State) -> tuple[Any, State]:
        past = {
            f"past_{part}": np.ascontiguousarray(array[..., 0].T) if part == "ids" else array
            for part, array in zip(self._parts, state, strict=True)
        }
        names = ["logits", *(f"present_{part}" for part in self._parts)]
        logits, *after = self.session.run(names, {"input_ids": ids, **past})
        return logits, tuple(
            array.T[..., None] if part == "ids" else array
            for part, array in zip(self._parts, after, strict=True)
        )


def random_state(runtime: NumpyRuntime, streams: int) -> State:
    rng = np.random.default_rng(8)
    return tuple(
        rng.integers(0, runtime.config.vocab_size + 1, part.shape)
        if part.dtype == np.int64
        else rng.uniform(-1, 1, part.shape).astype(np.float32)
        for part in runtime.start(streams)
    )


def assert_close(got: State, expected: State) -> None:
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert np.abs(one - other).max() <= (0 if one.dtype == np.int64 else CLOSE)


@pytest.mark.parametrize("config", every_shape(), ids=shape_name)
def test_logits_and_state_are_those_of_the_numpy_runtime(config: ModelConfig):
    weights = random_weights(config)
    exported, runtime = Exported(config, weights), NumpyRuntime(config, weights)
    rng = np.random.default_rng(9)
    for streams in BATCHES:
        for length in LENGTHS:
            ids = rng.integers(0, config.vocab_size, (streams, length))
            for state in (runtime.start(streams), random_state(runtime, streams)):
                logits, after = exported.forward(ids, state)
                expected, carried = runtime.forward(ids, state)
                assert_close((logits, *after), (expected, *carried))


@pytest.mark.parametrize("config", every_shape()[1::5], ids=shape_name)
@pytest.mark.parametrize("streams", BATCHES)
def test_a_text_read_token_by_token_gives_what_the_whole_gives(config: ModelConfig, streams: int):
    exported = Exported(config, random_weights(config))
    runtime = NumpyRuntime(config, random_weights(config))
    length = LENGTHS[-1]
    ids = np.random.default_rng(9).integers(0, config.vocab_size, (streams, length))
    state = runtime.start(streams)
    whole, last = exported.forward(ids, state)
    for position in range(length):
        logits, state = exported.forward(ids[:, position : position + 1], state)
        assert np.abs(logits[:, 0] - whole[:, position]).max() <= CLOSE
    assert_close(state, last)


def test_the_largest_hash_does_not_overflow():
    """Ids near the end of a large vocabulary, and as many n-grams as a model may have."""
    config = ModelConfig(
        vocab_size=50_000, embedding_dim=2, hidden_size=2, num_layers=1, ngrams=16,
        ngram_buckets=2**20, ngram_dim=2,
    )  # fmt: skip
    weights = random_weights(config)
    ids = np.random.default_rng(1).integers(49_000, 50_000, (3, 40))
    runtime = NumpyRuntime(config, weights)
    got, _ = Exported(config, weights).forward(ids, runtime.start(3))
    expected, _ = runtime.forward(ids, runtime.start(3))
    assert np.abs(got - expected).max() <= CLOSE


def test_a_file_says_what_it_needs_and_holds_tied_weights_once():
    config = ModelConfig(vocab_size=1000, embedding_dim=16, hidden_size=16, tie_weights=True)
    content = onnx_graph.build(config, random_weights(config))
    model = onnx.load_from_string(content)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    assert model.ir_version == 8
    assert sum(tuple(t.dims) == (1000, 16) for t in model.graph.initializer) == 1
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    assert content == onnx_graph.build(config, random_weights(config))


def test_a_model_too_large_for_one_file_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(onnx_graph, "MOST_BYTES", 1000)
    config = every_shape()[0]
    with pytest.raises(CheckpointError, match="bytes of weights; an ONNX file holds 1,000"):
        onnx_graph.build(config, random_weights(config))


def test_without_onnx_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(PackageError, match=r'pip install "rnngen\[onnx\]"'):
        onnx_graph.build(every_shape()[0], {})
