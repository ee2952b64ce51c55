"""The products a step of the model is made of, each row's bits its own; see numpy_runtime.py.

B rows of K numbers become B rows of G numbers; leading axes, as (T, B, K), are kept.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from rnngen.model import groups

if TYPE_CHECKING:
    from rnngen.model.quantize import PackedTensor
    from rnngen.model.runtime import FloatArray, IdArray

BLOCK = 8192
"""Most numbers in a block of a matrix: 32 KiB, which stay in the first cache from row to row.

OpenBLAS starts threads from 9216 on. For products this small they cost more than they give, stand
waiting for one another where cores are shared, and could make rounding depend on their number.
Products of matrices have threads from 2**18 multiplications on: more than groups.TOGETHER rows.
"""
TABLE_BYTES = 2**28
"""Largest table of input products; above it they are computed anew for each token."""
FIRST_ROWS = 64
"""Of a table that holds any; there are twice as many when they are full."""
EPSILON = 1e-5  # torch.nn.LayerNorm's


class Linear:
    """x -> x W^T + b for rows (..., K) -> (..., G)."""

    def __init__(
        self, weight: PackedTensor, bias: FloatArray, scale: FloatArray | None = None
    ) -> None:
        """scale: as Matrix takes it; the bias is not multiplied."""
        self.matrix = Matrix(weight, scale)
        self._bias = as_row(bias)
        self.width = len(bias)

    def __call__(self, x: FloatArray, size: int = 1) -> FloatArray:
        rows = x.reshape(-1, x.shape[-1])  # (..., K) -> (N, K): to BLAS, T and B are alike
        return (self.matrix(rows, size) + self._bias).reshape(*x.shape[:-1], self.width)


class Matrix:
    """x -> x W^T for rows (N, K) -> (N, G), each row by itself or `size` at once."""

    def __init__(self, weight: PackedTensor, scale: FloatArray | None = None) -> None:
        """weight: (G, K), kept as blocks of a few rows, the last one filled up with zeros.

        scale: (G,), what each row is multiplied by.
        """
        self._width, columns = weight.shape
        # W's rows are cut, not its columns: each number of the product is then summed by one call,
        # in one order. The zeros of the last block give products that nobody reads.
        height = block_height(self._width, columns)
        count = -(-self._width // height)
        padded = np.empty((count * height, columns), np.float32)
        weight.write(padded[: self._width])
        if scale is not None:
            padded[: self._width] *= scale[:, None]
        padded[self._width :] = 0
        self._padded_width = len(padded)
        self._blocks = padded.reshape(count, 1, height, columns)

    def __call__(self, x: FloatArray, size: int) -> FloatArray:
        if size > groups.APART:  # the group's size decides, never the batch's
            return self._at_once(x, size)
        # (blocks, 1, height, K) @ (N, K, 1): block by block, all rows while it is in the cache.
        products = np.matmul(self._blocks, np.ascontiguousarray(x)[:, :, None])
        # (blocks, N, height, 1) -> (N, blocks * height); the last columns are of the zeros.
        flat: FloatArray = products.swapaxes(0, 1).reshape(len(x), self._padded_width)
        return flat[:, : self._width]

    def _at_once(self, x: FloatArray, size: int) -> FloatArray:
        # (N / size, size, blocks, height): a row's numbers side by side, as they are wanted.
        products = np.empty((len(x) // size, size, *self._blocks.shape[::2]), np.float32)
        # (1, N / size, size, K) @ (blocks, 1, K, height), written where it belongs.
        rows = np.ascontiguousarray(x).reshape(1, *products.shape[:2], -1)
        np.matmul(rows, self._blocks.swapaxes(2, 3), out=products.transpose(2, 0, 1, 3))
        return products.reshape(len(x), self._padded_width)[:, : self._width]


def block_height(rows: int, columns: int) -> int:
    """Rows in a block: at most BLOCK numbers, about equal blocks, in fours as sgemv takes them."""
    unit = 4 if 4 * columns <= BLOCK else 1  # of very wide rows, not even four fit
    most = max(1, BLOCK // columns // unit * unit)
    count = -(-rows // most)  # as few blocks as possible, then as equal as possible
    return -(-rows // (count * unit)) * unit


class Table:
    """Input products of tokens (T, B) -> (T, B, gates), each token's computed when first met.

    Rows stand in the order in which tokens are met, and their array grows with them: a large one
    comes in pages of 2 MB, and a text of a hundred tokens would have all of it cleared.
    """

    def __init__(self, embedding: PackedTensor, linear: Linear) -> None:
        self._embedding = embedding
        self._linear = linear
        self._most = embedding.shape[0]
        self._keeps = self._most * linear.width * 4 <= TABLE_BYTES
        self._rows = np.empty((0, linear.width), np.float32)
        self._places = np.full(self._most, -1)  # in _rows; -1: not met
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, ids: IdArray) -> FloatArray:
        if not self._keeps:
            return self._linear(self._embedding.rows(ids))  # the same bits: each row is its own
        places = self._places.take(ids)
        if (places < 0).any():
            with self._lock:  # other threads may meet tokens, too
                self._meet(ids)
            places = self._places.take(ids)
        return self._rows.take(places, axis=0)

    def _meet(self, ids: IdArray) -> None:
        # np.unique would import numpy.ma, and with it a tenth of the time to start.
        new = np.array(sorted(set(ids[self._places.take(ids) < 0].tolist())), dtype=np.int64)
        count = self._count + len(new)
        if count > len(self._rows):
            # Threads that read find the rows they ask for in the old array and in the new one.
            size = min(self._most, max(count, FIRST_ROWS, 2 * len(self._rows)))
            rows = np.empty((size, self._linear.width), np.float32)
            rows[: self._count] = self._rows[: self._count]
            self._rows = rows
        self._rows[self._count : count] = self._linear(self._embedding.rows(new))
        self._places[new] = np.arange(self._count, count)
        self._count = count


class Norm:
    """Layer normalization (Ba et al. 2016) of each row: (T, B, H) -> (T, B, H)."""

    def __init__(self, weight: FloatArray, bias: FloatArray) -> None:
        size = len(weight)
        self._mean = np.full((size, 1), 1 / size, np.float32)
        # x / sqrt(|x|^2 / H + epsilon) = sqrt(H) * x / sqrt(|x|^2 + H * epsilon), one call less.
        self._epsilon = np.float32(size * EPSILON)
        self._weight = as_row(weight * np.float32(np.sqrt(size)))[None]
        self._bias = as_row(bias)[None]

    def __call__(self, x: FloatArray) -> FloatArray:
        # (T, B, 1, H) @ (H, 1) -> (T, B, 1, 1): the mean, each row in a product of its own.
        x = x - np.matmul(x[..., None, :], self._mean)[..., 0]
        length = np.matmul(x[..., None, :], x[..., None])[..., 0]  # |x|^2, (T, B, 1)
        length += self._epsilon
        x /= np.sqrt(length, out=length)
        x *= self._weight
        x += self._bias
        return x


def as_row(vector: FloatArray) -> FloatArray:
    """A copy, (1, N): for one stream both operands then have one shape, which halves the call."""
    return np.array(vector[None], np.float32)
