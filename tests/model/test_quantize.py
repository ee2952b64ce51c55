"""Weights in fewer bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from rnngen.errors import CheckpointError
from rnngen.model.quantize import STORAGES, pack, unpack

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
