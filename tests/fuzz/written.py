"""Files whose digest fits what they say, whatever that is."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen import tensor_file
from tests.fuzz.cases import with_odd_values

if TYPE_CHECKING:
    from random import Random

NAMES = {np.dtype(dtype): name for name, dtype in tensor_file.DTYPES.items()}


def written(tensors: dict[str, Any], facts: Any, kind: str = "model") -> bytes:
    """The content of such a file.  facts: a JSON value."""
    text = json.dumps(facts)
    metadata = {"rnngen": kind, "format_version": "1", "facts": text}
    metadata["digest"] = tensor_file._digest(kind, text, tensors)
    header: dict[str, Any] = {"__metadata__": metadata}
    body = b""
    for name, array in tensors.items():
        place = [len(body), len(body) + array.nbytes]
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": place,
        }
        body += np.ascontiguousarray(array).tobytes()
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + body


def odd_tensors(tensors: dict[str, Any], rng: Random) -> dict[str, Any]:
    """The tensors with one or two of them of other shapes, types or numbers, or gone, or more."""
    changed = dict(tensors)
    for _ in range(rng.choice((1, 1, 2))):
        name = rng.choice(sorted(changed) or ["model.x"])
        what = rng.randrange(5)
        if what == 0:
            changed.pop(name, None)
        elif what == 1:
            changed[rng.choice(("other", f"{name}.x", "model.scale.output.bias"))] = np.zeros(3)
        elif what == 2 and name in changed:
            changed[name] = _other_numbers(changed[name], rng)
        elif what == 3 and name in changed:
            changed[name] = changed[name].reshape(rng.choice(((-1,), (1, -1), (-1, 1))))
        else:
            dtype = rng.choice(list(tensor_file.DTYPES.values()))
            shape = [rng.randrange(5) for _ in range(rng.randrange(5))]
            changed[name] = np.full(shape, rng.choice((0, 1, 127))).astype(dtype)
    return changed


def _other_numbers(array: Any, rng: Random) -> Any:
    new = array.copy().reshape(-1)
    if not len(new):
        return array
    for _ in range(rng.choice((1, 5))):
        at = rng.randrange(len(new))
        if new.dtype.kind == "f":
            new[at] = rng.choice((np.nan, np.inf, -np.inf, 6e4, -6e4, 0))
        else:
            new[at] = np.array(rng.getrandbits(8 * new.itemsize), f"u{new.itemsize}").astype(
                new.dtype
            )
    return new.reshape(array.shape)


def odd_file(tensors: dict[str, Any], facts: dict[str, Any], kind: str, rng: Random) -> bytes:
    """A file with odd facts, odd tensors or both, and a digest that fits."""
    which = rng.randrange(3)
    if which != 1:
        facts = with_odd_values(facts, rng)
    if which != 0:
        tensors = odd_tensors(tensors, rng)
    return written(tensors, facts, kind)
