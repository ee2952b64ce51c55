"""Weights in fewer bytes: half precision, or whole numbers of 8 bits with a scale for each row.

    int8    w = scale[row] * q, q in -127 .. 127, scale[row] = max |w[row]| / 127

The error of a weight is at most half a scale. Vectors (biases, norms) stay as they are: they are
few, and act on everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    Weights = Mapping[str, FloatArray]
    Tensors = dict[str, NDArray[Any]]

STORAGES = ("fp32", "fp16", "int8")
SCALE = "scale."
LARGEST = 127


def pack(weights: Weights, storage: str) -> Tensors:
    """The tensors that stand for `weights`: those of int8 have a companion `scale.NAME` (rows,).

    Weights that were packed and unpacked before are packed to the same numbers again.
    Raises CheckpointError for weights beyond the range of `storage`, one of STORAGES.
    """
    packed: Tensors = {}
    for name, array in weights.items():
        if storage == "fp32" or array.ndim < 2:
            packed[name] = array
        elif storage == "fp16":
            with np.errstate(over="ignore"):
                packed[name] = array.astype(np.float16)
        else:
            packed[name], packed[SCALE + name] = _quantize_rows(array)
    broken = storage != "fp32" and not all(np.isfinite(a).all() for a in packed.values())
    if broken:
        raise CheckpointError(
            f"the model has weights that {storage} cannot hold; keep it as it is."
        )
    return packed


def _quantize_rows(array: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    largest = np.abs(array).max(axis=1)
    scale = np.where(largest > 0, largest, 1).astype(np.float32) / np.float32(LARGEST)
    return np.rint(array / scale[:, None]).astype(np.int8), scale


@dataclass(frozen=True)
class PackedTensor:
    """One tensor as it is stored. What is read of it becomes float32, and nothing else does.

    numbers: float32, float16 or int8.  scale: what each row is multiplied by, float32 (rows,).
    """

    numbers: NDArray[Any]
    scale: FloatArray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numbers.shape

    def __getitem__(self, rows: slice) -> PackedTensor:
        """Some rows, which are not copied."""
        return PackedTensor(self.numbers[rows], None if self.scale is None else self.scale[rows])

    def scaled(self, factors: FloatArray) -> PackedTensor:
        """The same with each row multiplied by a factor, (rows,).

        Powers of 2 give the bits that the product of the whole tensor would have.
        """
        return PackedTensor(self.numbers, factors if self.scale is None else self.scale * factors)

    def rows(self, ids: NDArray[np.int64]) -> FloatArray:
        """A copy of these rows of a matrix (rows, K), float32 (*ids.shape, K)."""
        found = self.numbers.take(ids, axis=0)
        if self.scale is None:
            return found.astype(np.float32, copy=False)
        rows: FloatArray = found * self.scale.take(ids)[..., None]
        return rows

    def whole(self) -> FloatArray:
        """A copy of all of it."""
        out = np.empty(self.shape, np.float32)
        self.write(out)
        return out

    def write(self, out: FloatArray) -> None:
        """Write all of it into `out`, of its shape, in one pass over the bytes stored."""
        if self.scale is None:
            out[...] = self.numbers
        else:
            np.multiply(self.numbers, self.scale[:, None], out=out)


class PackedWeights(Mapping[str, "FloatArray"]):
    """Weights by name, kept as they are stored: one that is asked for is made float32 then.

    `packed` gives the tensor itself, for who needs it in another layout or only rows of it.
    """

    def __init__(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """tensors: as `pack` gives them.

        Raises KeyError, TypeError or ValueError for what `pack` never made.
        """
        self._tensors: dict[str, PackedTensor] = {}
        for name, array in tensors.items():
            if name.startswith(SCALE):
                continue
            scale = tensors[SCALE + name] if array.dtype == np.int8 else None
            numbers = array if scale is None else scale
            if numbers.dtype not in (np.float32, np.float16):
                raise TypeError(f"tensor {name} is of type {numbers.dtype}")
            if not np.isfinite(numbers).all():
                raise ValueError(f"tensor {name} has numbers that are not finite")
            if scale is not None:
                scale = scale.astype(np.float32, copy=False)
            self._tensors[name] = PackedTensor(array, scale)

    def __getitem__(self, name: str) -> FloatArray:
        return self._tensors[name].whole()

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def packed(self, name: str) -> PackedTensor:
        return self._tensors[name]


def packed_tensor(weights: Weights, name: str) -> PackedTensor:
    """The tensor as it is stored; of weights that anybody may change, a copy."""
    if isinstance(weights, PackedWeights):
        return weights.packed(name)
    return PackedTensor(np.array(weights[name], np.float32))


def unpack(tensors: Mapping[str, NDArray[Any]]) -> dict[str, FloatArray]:
    """All weights, float32. Raises KeyError, TypeError or ValueError as PackedWeights does."""
    return dict(PackedWeights(tensors))
