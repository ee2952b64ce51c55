"""A model read by several threads at once, each with rows of every batch of its own.

    batch (B, T) --- rows 0 .. 7  --- replica 0, thread 0 --- gradients --.
                 `-- rows 8 .. 15 --- replica 1, thread 1 --- gradients --+-- their sum

PyTorch's own threads share each product and wait for one another after it, thousands of times a
step; if another program holds a core, all of them wait for it each time. Here threads meet once a
step. Two cores, LSTM 2 x 448 units, 32 x 64 tokens of 3,072, thousands of tokens a second:

                         idle machine   one core busy
    PyTorch's threads        4.0 to 4.2     0.3
    these                    4.2 to 4.3     2.3

How many threads there are decides the order of sums, and so the last bits of what is learned; how
busy the machine is does not.
"""

from __future__ import annotations

import contextlib
import copy
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rnngen.model.torch.rnnlm import RNNLM

    T = TypeVar("T")


class Replicas:
    """The model, and copies of it that share its weights but have gradients of their own."""

    def __init__(self, model: RNNLM, count: int) -> None:
        """model: where it will stay; the first replica.  count: at most the rows of a batch."""
        self._models = [model] + [_replica(model) for _ in range(count - 1)]
        # (P + 1,) each, for P weights; autograd adds straight into the views that these hold.
        self._messages = [_flatten_gradients(model) for model in self._models]
        self._gradients = [message[:-1] for message in self._messages]  # (P,)
        # The calling thread computes as well, so the pool has one less.
        self._pool = _pool(count - 1) if count > 1 else None

    @property
    def gradient(self) -> torch.Tensor:
        """The gradients of the first replica, which are the model's, as one vector."""
        return self._gradients[0]

    @property
    def reduce_buffer(self) -> torch.Tensor:
        """`gradient` and one number more behind it, for what is to be summed with it."""
        return self._messages[0]

    def map_rows(self, num_rows: int, work: Callable[[RNNLM, slice], T]) -> list[T]:
        """What `work(replica, rows)` returns for each thread's share of the rows, in their order.

        With fewer rows than replicas some have nothing to do.
        """
        shares = split_evenly(num_rows, min(num_rows, len(self._models)))
        # Rows, not shares, decide which thread has them: no queue, so the same sums every time.
        others = [
            self._pool.submit(work, model, rows)
            for model, rows in zip(self._models[1:], shares[1:], strict=False)
            if self._pool is not None
        ]
        try:
            first = work(self._models[0], shares[0])
        finally:  # also after an error none may still write into the shared weights' gradients
            wait(others)
        return [first, *(other.result() for other in others)]

    def zero_grad(self) -> None:
        """Each thread its own, which it is to fill."""
        self.map_rows(len(self._models), self._clear)

    def _clear(self, _: RNNLM, own: slice) -> None:
        for gradient in self._gradients[own]:
            gradient.zero_()

    def sum_gradients(self) -> None:
        """Make the model's gradient the sum of all, always added in the same order."""
        # Each thread sums its stretch of the P weights over all replicas: no two write one place.
        self.map_rows(len(self.gradient), self._add_slice)

    def _add_slice(self, _: RNNLM, stretch: slice) -> None:
        for other in self._gradients[1:]:  # in the order of the replicas, not of their ends
            self.gradient[stretch] += other[stretch]


def split_evenly(number: int, parts: int) -> list[slice]:
    """[0, number) in `parts` stretches, the first ones longer by one where it does not come out.

    >>> split_evenly(7, 3)
    [slice(0, 3, None), slice(3, 5, None), slice(5, 7, None)]
    """
    size, longer = divmod(number, parts)  # `longer` stretches have size + 1
    starts = [i * size + min(i, longer) for i in range(parts + 1)]
    return [slice(start, stop) for start, stop in pairwise(starts)]


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Each thread computes its products alone, as long as this lasts in the one that asks."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _pool(threads: int) -> ThreadPoolExecutor:
    # How many threads a product is shared by is set in each thread, for that thread.
    return ThreadPoolExecutor(threads, "rnngen", initializer=torch.set_num_threads, initargs=(1,))


def _replica(model: RNNLM) -> RNNLM:
    replica = copy.deepcopy(model)  # for its own dropout, mode and gradients
    for own, shared in zip(replica.parameters(), model.parameters(), strict=True):
        own.data = shared.data  # one memory: the optimizer's step on the first is all replicas'
    return replica


def _flatten_gradients(model: RNNLM) -> torch.Tensor:
    """A vector that the gradients of all parameters are views of, and one number more."""
    parameters = list(model.parameters())
    message = torch.zeros(sum(p.numel() for p in parameters) + 1, device=parameters[0].device)
    begin = 0
    for parameter in parameters:
        end = begin + parameter.numel()
        parameter.grad = message[begin:end].view_as(parameter)
        begin = end
    return message
