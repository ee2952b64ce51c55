from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.model.products import BLOCK, GROUP_BLOCK, Matrix, block_height, block_width
from rnngen.model.quantize import PackedWeights, pack


@given(st.integers(1, 10**5), st.integers(1, 2 * BLOCK))
def test_no_product_is_large_enough_for_blas_to_start_threads(rows: int, columns: int) -> None:
    height = block_height(rows, columns)
    count = -(-rows // height)
    assert height == 1 or height * columns <= BLOCK
    assert 0 <= count * height - rows < 4 * count
    width = block_width(columns)
    assert width == 1 or width * columns <= GROUP_BLOCK


@pytest.mark.parametrize("storage", ["fp32", "fp16", "int8"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (9, 5), (300, 70), (37, 20_000)])
def test_both_layouts_hold_the_same_matrix(storage: str, rows: int, columns: int) -> None:
    rng = np.random.default_rng(3)
    weight = rng.normal(size=(rows, columns)).astype(np.float32)
    packed = PackedWeights(pack({"w": weight}, storage))
    factors = rng.choice([0.5, 1.0], rows).astype(np.float32)
    matrix = Matrix(packed.packed("w").scaled(factors))
    x = rng.normal(size=(8, columns)).astype(np.float32)
    wanted = x.astype(np.float64) @ (packed["w"] * factors[:, None]).T.astype(np.float64)
    for size in (1, 4, 8):
        np.testing.assert_allclose(matrix(x, size), wanted, atol=1e-4 * np.sqrt(columns))
