"""How groups of streams are laid out, so that a group's products have a shape of its own.

Rounding in a product of matrices follows its shape. Each group is filled up to a multiple of four
rows, as BLAS takes them, by reading its last stream again; groups of one size are put side by side,
so that all of them meet a block of weights while it is in the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    IdArray = NDArray[np.int64]

TOGETHER = 16
"""Most rows in one product; larger groups are cut. See GROUP_BLOCK in products.py."""
UNIT = 4
"""Rows that BLAS takes at once."""


class Task(NamedTuple):
    """Some groups of one size as a thread computes them: P rows, of which R are asked for.

    rows: (P,), which streams are read.  kept: (R,), where in `rows` those of the groups are.
    size: how many rows are multiplied at once.
    """

    rows: IdArray
    kept: IdArray
    size: int


def tasks(sizes: Sequence[int], most: int) -> list[Task]:
    """All groups, which follow one another and have these sizes; at most `most` rows a task."""
    by_size: dict[int, list[tuple[int, int]]] = {}  # rows multiplied at once -> their streams
    start = 0
    for group in sizes:
        # Cut from the group's own beginning: where it is cut must not depend on other groups.
        for first in range(start, start + group, TOGETHER):
            stop = min(first + TOGETHER, start + group)
            by_size.setdefault(_padded_size(stop - first), []).append((first, stop))
        start += group
    found = []
    for size, pieces in sorted(by_size.items()):
        step = max(1, most // size)  # groups in a task
        found += [_task(pieces[i : i + step], size) for i in range(0, len(pieces), step)]
    return found


def _padded_size(size: int) -> int:
    return -(-size // UNIT) * UNIT


def _task(pieces: list[tuple[int, int]], size: int) -> Task:
    bounds = np.array(pieces)  # (groups, 2)
    rows = bounds[:, :1] + np.arange(size)  # (groups, size)
    asked = rows < bounds[:, 1:]  # the rest fills up, with a group's last stream again
    return Task(np.minimum(rows, bounds[:, 1:] - 1).ravel(), np.flatnonzero(asked), size)
