"""Texts of a form written by several processes, each with texts of its own.

The search is half Python, which uses one core. Text i depends on its index alone, so a share of the
texts is written as well elsewhere. Processes are forked: they begin at once, with the model and all
that was prepared, and keep what they compute of a form (masks) from one share to the next.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from collections import deque
from typing import TYPE_CHECKING

from rnngen import cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.pool import AsyncResult, Pool

    from rnngen.forms.checked import CheckedText
    from rnngen.forms.search import Attempt

    WriteTexts = Callable[[Sequence[Attempt]], Sequence[CheckedText]]

LEAST_TEXTS = 8
"""For fewer, processes cost more than they save."""
PR_SET_PDEATHSIG = 1
"""Linux's name for: signal this process when its parent ends (see prctl(2))."""
AHEAD = 3
"""Shares for each process that are written or waited for at once."""

_write: WriteTexts
"""What a worker process does, set where it begins."""


class WorkerPool:
    """Writes texts by their draws, in `num_workers` shares."""

    def __init__(self, write: WriteTexts, num_workers: int, pool: Pool | None) -> None:
        self.num_workers = num_workers
        self._write, self._pool = write, pool

    def map_shares(self, shares: Iterable[Sequence[Attempt]]) -> Iterator[list[CheckedText]]:
        """The texts of each share, in order, each as soon as it is written; see `map`."""
        if self._pool is None:
            for share in shares:
                yield list(self._write(share))
            return
        waiting: deque[AsyncResult[list[CheckedText]]] = deque()
        for share in shares:
            waiting.append(self._pool.apply_async(_call_write, (share,)))
            if len(waiting) > AHEAD * self.num_workers:
                yield waiting.popleft().get()
        while waiting:
            yield waiting.popleft().get()

    def map(self, groups: Sequence[Sequence[Attempt]]) -> list[CheckedText]:
        """The texts of these draws, in order. What a process raises is raised here.

        groups: those that must be drawn together.
        """
        draws = [draw for group in groups for draw in group]
        if self._pool is None or len(draws) < LEAST_TEXTS or len(groups) < 2:
            return list(self._write(draws))
        size = -(-len(groups) // self.num_workers)
        parts = [groups[i : i + size] for i in range(0, len(groups), size)]
        shares = [([draw for group in part for draw in group],) for part in parts]
        return [text for texts in self._pool.starmap(_call_write, shares, 1) for text in texts]


@contextlib.contextmanager
def worker_pool(
    write: WriteTexts, num_texts: int, num_groups: int | None = None
) -> Iterator[WorkerPool]:
    """Processes for so many texts, one a core; none where they do not pay or cannot be forked.

    write: draws -> their texts; called here or in a process.  num_groups: of those that must be
    drawn together; None: each by itself.
    """
    most = num_texts // (LEAST_TEXTS // 2)
    num_workers = min(cores.cores(), most if num_groups is None else min(most, num_groups))
    if num_texts < LEAST_TEXTS or num_workers < 2 or sys.platform != "linux":
        yield WorkerPool(write, 1, None)
        return
    import multiprocessing

    if multiprocessing.current_process().daemon:  # it may have no processes of its own
        yield WorkerPool(write, 1, None)
        return
    with warnings.catch_warnings():
        # Python 3.12 warns of any thread; those of NumPy's BLAS are made for it.
        warnings.simplefilter("ignore", DeprecationWarning)
        pool = multiprocessing.get_context("fork").Pool(
            num_workers, _init_worker, (write, os.getpid())
        )
    with pool:  # terminates the processes, also after Ctrl-C or a closed pipe
        yield WorkerPool(write, num_workers, pool)


def _init_worker(write: WriteTexts, parent: int) -> None:
    global _write
    _write = write
    _end_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    cores.limit_cores(1)


def _end_with(parent: int) -> None:
    """Have this process end with the first one, also where that is killed: it holds its pipes."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):  # a C library without it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended before this was said
        os._exit(1)


def _call_write(draws: Sequence[Attempt]) -> list[CheckedText]:
    return list(_write(draws))
