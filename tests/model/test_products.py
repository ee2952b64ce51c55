from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rnngen.model.products import BLOCK, block_height


@given(st.integers(1, 10**5), st.integers(1, 2 * BLOCK))
def test_no_product_is_large_enough_for_blas_to_start_threads(rows: int, columns: int) -> None:
    height = block_height(rows, columns)
    count = -(-rows // height)
    assert height == 1 or height * columns <= BLOCK
    assert 0 <= count * height - rows < 4 * count
