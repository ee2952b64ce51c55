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
"""
GROUP_BLOCK = 2**18 // groups.TOGETHER
"""The same for a block that groups of rows are multiplied by: products of matrices have threads
beyond 2**18 multiplications."""
TABLE_BYTES = 2**28
"""Largest table of input products; above it they are computed anew for each token."""
FIRST_ROWS = 64
"""Of a table that holds any; there are twice as many when they are full."""
EPSILON = 1e-5  # torch.nn.LayerNorm's


class Linear:
    """x -> x W^T + b for rows (..., K) -> (..., G)."""

    def __init__(self, weight: PackedTensor, bias: FloatArray) -> None:
        self.matrix = Matrix(weight)
        self._bias = as_row(bias)
        self.width = len(bias)

    def __call__(self, x: FloatArray, size: int = 1) -> FloatArray:
        rows = x.reshape(-1, x.shape[-1])  # (..., K) -> (N, K): to BLAS, T and B are alike
        products = self.matrix(rows, size)
        products += self._bias
        return products.reshape(*x.shape[:-1], self.width)


class Matrix:
    """x -> x W^T for rows (N, K) -> (N, G), each row by itself or `size` at once.

    Both ways want a layout of their own, which is written when it is first asked for.
    """

    def __init__(self, weight: PackedTensor) -> None:
        """weight: (G, K)."""
        self._weight = weight
        self._width = weight.shape[0]
        self._apart: FloatArray | None = None
        self._together: FloatArray | None = None
        self._lock = threading.Lock()

    def __call__(self, x: FloatArray, size: int) -> FloatArray:
        self.prepare(together=size > 1)  # the group's size decides, never the batch's
        return self._at_once(x, size) if size > 1 else self._one_by_one(x)

    def prepare(self, *, together: bool) -> None:
        """Write the layout for rows that are multiplied together, or for those by themselves."""
        if (self._together if together else self._apart) is None:
            with self._lock:  # another thread may be about it
                if together and self._together is None:
                    self._together = self._columns_of_blocks()
                elif not together and self._apart is None:
                    self._apart = self._rows_of_blocks()

    def _one_by_one(self, x: FloatArray) -> FloatArray:
        # (blocks, 1, height, K) @ (N, K, 1): block by block, all rows while it is in the cache.
        assert self._apart is not None
        count, _, height, _ = self._apart.shape
        products = np.matmul(self._apart, np.ascontiguousarray(x)[:, :, None])
        # (blocks, N, height, 1) -> (N, blocks * height); the last columns are of the zeros.
        flat: FloatArray = products.swapaxes(0, 1).reshape(len(x), count * height)
        return flat[:, : self._width]

    def _at_once(self, x: FloatArray, size: int) -> FloatArray:
        assert self._together is not None
        count, _, _, width = self._together.shape
        # (N / size, size, blocks, width): a row's numbers side by side, as they are wanted.
        products = np.empty((len(x) // size, size, count, width), np.float32)
        # (1, N / size, size, K) @ (blocks, 1, K, width), written where it belongs.
        rows = np.ascontiguousarray(x).reshape(1, *products.shape[:2], -1)
        np.matmul(rows, self._together, out=products.transpose(2, 0, 1, 3))
        return products.reshape(len(x), count * width)[:, : self._width]

    def _rows_of_blocks(self) -> FloatArray:
        """(blocks, 1, height, K): blocks of a few rows, the last one filled up with zeros."""
        # W's rows are cut, not its columns: each number of the product is then summed by one call,
        # in one order. The zeros of the last block give products that nobody reads.
        columns = self._weight.shape[1]
        height = block_height(self._width, columns)
        count = -(-self._width // height)
        padded = np.empty((count * height, columns), np.float32)
        self._weight.write(padded[: self._width])
        padded[self._width :] = 0
        return padded.reshape(count, 1, height, columns)

    def _columns_of_blocks(self) -> FloatArray:
        """(blocks, 1, K, width): the same blocks, wider and turned, as sgemm takes them soonest."""
        columns = self._weight.shape[1]
        width = block_width(columns)
        blocks = np.empty((-(-self._width // width), 1, columns, width), np.float32)
        for place, block in enumerate(blocks[:, 0]):
            part = self._weight[place * width : (place + 1) * width]
            part.write(block[:, : part.shape[0]].T)
            block[:, part.shape[0] :] = 0
        return blocks


def block_height(rows: int, columns: int) -> int:
    """Rows in a block: at most BLOCK numbers, about equal blocks, in fours as sgemv takes them."""
    unit = 4 if 4 * columns <= BLOCK else 1  # of very wide rows, not even four fit
    most = max(1, BLOCK // columns // unit * unit)
    count = -(-rows // most)  # as few blocks as possible, then as equal as possible
    return -(-rows // (count * unit)) * unit


def block_width(columns: int) -> int:
    """Rows of W in a block for groups: at most GROUP_BLOCK numbers, and in eights for sgemm."""
    most = max(1, GROUP_BLOCK // columns)
    return most // 8 * 8 or most


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
