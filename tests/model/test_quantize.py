"""Weights in fewer bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from rnngen.config import ModelConfig
from rnngen.errors import CheckpointError
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.model.quantize import STORAGES, PackedTensor, PackedWeights, pack, unpack
from rnngen.model.shapes import tensor_shapes

# Smaller numbers lose their relative precision in any format.
numbers = st.floats(-1e4, 1e4, width=32).filter(lambda x: x == 0 or abs(x) > 1e-4)
matrices = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=numbers)


@given(matrices)
def test_8_bits_are_off_by_half_a_scale_at_most(weight):
    packed = pack({"w": weight}, "int8")
    assert packed["w"].dtype == np.int8
    assert packed["scale.w"].shape == weight.shape[:1]
    off = np.abs(unpack(packed)["w"] - weight)
    assert (off <= 0.5001 * np.abs(weight).max(axis=1, keepdims=True) / 127).all()


@given(matrices)
def test_half_precision_is_off_by_a_two_thousandth_at_most(weight):
    got = unpack(pack({"w": weight}, "fp16"))["w"]
    np.testing.assert_allclose(got, weight, rtol=1 / 2048, atol=1e-7)


@given(matrices, st.sampled_from(STORAGES))
def test_packed_again_the_numbers_stay(weight, storage):
    once = unpack(pack({"w": weight}, storage))
    again = unpack(pack(once, storage))
    np.testing.assert_allclose(again["w"], once["w"], rtol=1e-6)
    assert again["w"].dtype == np.float32


@pytest.mark.parametrize("storage", STORAGES)
def test_vectors_stay_exact(storage):
    bias = np.array([1 / 3, 1e30], np.float32)
    assert (unpack(pack({"b": bias}, storage))["b"] == bias).all()


@pytest.mark.parametrize(("storage", "value"), [("fp16", 1e30), ("fp16", np.nan), ("int8", np.inf)])
def test_weights_beyond_the_range_are_refused(storage, value):
    with pytest.raises(CheckpointError, match=storage), np.errstate(invalid="ignore"):
        pack({"w": np.array([[value]], np.float32)}, storage)


def test_what_was_never_packed_is_refused():
    with pytest.raises(KeyError):
        unpack({"w": np.zeros((2, 2), np.int8)})
    with pytest.raises(TypeError):
        unpack({"w": np.zeros((2, 2), np.float64)})


@pytest.mark.parametrize("storage", STORAGES)
def test_of_a_large_table_only_the_rows_that_are_met_are_made_float(storage, monkeypatch):
    """So a table four times as large costs nothing more, neither at the start nor later."""

    def work(buckets: int) -> tuple[int, list[tuple[int, ...]]]:
        config = ModelConfig(50, ngrams=3, ngram_buckets=buckets, embedding_dim=16, hidden_size=16)
        weights = {n: np.ones(s, np.float32) for n, s in tensor_shapes(config).items()}
        packed = PackedWeights(pack(weights, storage))
        rows, whole = [], []
        read, write = PackedTensor.rows, PackedTensor.write

        def count_rows(self, ids):
            rows.append(ids.size)
            return read(self, ids)

        def note_whole(self, out):
            whole.append(self.shape)
            write(self, out)

        monkeypatch.setattr(PackedTensor, "rows", count_rows)
        monkeypatch.setattr(PackedTensor, "write", note_whole)
        runtime = NumpyRuntime(config, packed)
        state = runtime.start(4)
        for step in range(5):
            _, state = runtime.step(np.arange(4) + step, state)
        monkeypatch.undo()
        return sum(rows), whole

    rows, whole = work(1 << 15)
    assert (rows, whole) == work(1 << 17)
    # 5 steps of 4 streams: an embedding and an n-gram of 2 and of 3 for each, and once for each of
    # the 8 tokens its input products.
    assert rows == 5 * 4 * 3 + 8
    assert all(shape[0] <= 16 + 64 for shape in whole)  # gates, and units above them
