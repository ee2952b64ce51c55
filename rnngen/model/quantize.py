"""Weights in fewer bytes: half precision, or whole numbers of 8 bits with a scale for each row.

    int8    w = scale[row] * q, q in -127 .. 127, scale[row] = max |w[row]| / 127

The error of a weight is at most half a scale. Vectors (biases, norms) stay as they are: they are
few, and act on everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]
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


def unpack(tensors: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """The weights, float32. Raises KeyError, TypeError or ValueError for what `pack` never made."""
    weights = {}
    for name, array in tensors.items():
        if name.startswith(SCALE):
            continue
        numbers = tensors[SCALE + name] if array.dtype == np.int8 else array
        if numbers.dtype not in (np.float32, np.float16):
            raise TypeError(f"tensor {name} is of type {numbers.dtype}")
        if not np.isfinite(numbers).all():
            raise ValueError(f"tensor {name} has numbers that are not finite")
        floats = numbers.astype(np.float32, copy=False)
        weights[name] = floats if numbers is array else array * floats[:, None]
    return weights
