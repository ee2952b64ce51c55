"""The processes that train one model together, as torchrun started them, on one machine or many.

    batch (B, T) --- rows of process 0 --- gradients --.
                 `-- rows of process 1 --- gradients --+-- their sum, at every process

Each process holds the whole model and takes the same step. What is read, in which order and in
which batches does not depend on how many there are, nor does what is written; the first writes it.
Nothing else knows of torch.distributed: with one process `Group` does nothing.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed as dist
from torch._C._distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from rnngen.errors import ConfigError, TrainingError
from rnngen.training.threads import split_evenly

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_WAIT = datetime.timedelta(days=1)
"""Others wait while the first tokenizes. A process that died is noticed at once, not by waiting."""
ATTEMPT = "TORCHELASTIC_RESTART_COUNT"
"""What torchrun tells its processes: how often it started them anew."""
BEGUN = "rnngen/begun"
"""The key in torchrun's store that `Group.mark_begun` sets."""


class Group:
    """One process alone; `join_group` makes the group that torchrun asked for."""

    rank = 0
    size = 1
    size_here = 1
    """Of them on this machine, which share its cores."""

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def rows(self, number: int) -> slice:
        """Which of `number` rows are this process's; they follow each other in rank order."""
        return split_evenly(number, self.size)[self.rank]

    def check(self, batch_size: int) -> None:
        """Raises ConfigError if there is not a row for each process."""
        if batch_size < self.size:  # an empty share would wait for what it never computes
            raise ConfigError(
                f"`batch_size` {batch_size} is less than the {self.size} processes; "
                "each needs a row. Raise it, or start fewer."
            )

    @contextlib.contextmanager
    def first_rank_first(self) -> Iterator[None]:
        """What the block leaves on the disk the first makes and the others find."""
        if not self.is_first:
            self.barrier()
        yield
        if self.is_first:
            self.barrier()

    def mark_begun(self) -> None:
        """Note that the run's folder is this launch's own now."""

    def has_begun(self) -> bool:
        """Whether `mark_begun` was called by processes that torchrun has started anew since."""
        return False

    def barrier(self) -> None:
        """Until all processes are here."""
        self.all_reduce(torch.zeros(1))

    def all_reduce(self, tensor: torch.Tensor) -> torch.Tensor:
        """Replace `tensor` by its sum over all processes, the same bits for each.

        Raises TrainingError if a process is gone.
        """
        return tensor

    def broadcast(self, value: Any) -> Any:
        """The first process's `value`."""
        return value

    def all_gather(self, tensor: torch.Tensor, number: int) -> torch.Tensor:
        """All `number` rows, (L, number, H), of which `tensor` is this process's (L, b, H)."""
        if self.size == 1:
            return tensor
        # Shares may differ by a row, which all_gather of torch does not take. Elsewhere all are
        # 0, so the sum is each process's own numbers.
        whole = tensor.new_zeros(tensor.shape[0], number, tensor.shape[2])
        whole[:, self.rows(number)] = tensor
        return self.all_reduce(whole)


SINGLE = Group()


class _TorchrunGroup(Group):
    def __init__(self, launch: Store) -> None:
        """launch: kept by torchrun over its restarts."""
        self._launch = launch
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.size_here = int(os.environ.get("LOCAL_WORLD_SIZE", self.size))

    def mark_begun(self) -> None:
        with _raise_if_gone():
            self._launch.set(BEGUN, "")

    def has_begun(self) -> bool:
        with _raise_if_gone():  # asked by the first for all: the others may read it a moment later
            begun: bool = self.broadcast(self._launch.check([BEGUN]))
        return begun

    def all_reduce(self, tensor: torch.Tensor) -> torch.Tensor:
        with _raise_if_gone():
            dist.all_reduce(tensor)
        return tensor

    def broadcast(self, value: Any) -> Any:
        values = [value]  # torch fills a list in place
        with _raise_if_gone():
            dist.broadcast_object_list(values, device=torch.device("cpu"))
        return values[0]


@contextlib.contextmanager
def join_group() -> Iterator[Group]:
    """The group of this process: those torchrun started with it, or itself alone."""
    # torchrun with one process has a group too: only that knows of restarts.
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 and ATTEMPT not in os.environ:
        yield SINGLE
        return
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        backend = "cpu:gloo,cuda:nccl"  # by where a tensor is: requests to stop stay on the CPU
    with _raise_if_gone():
        # torchrun's store outlives a restart, and with it the addresses of those that failed.
        launch, rank, size = next(rendezvous("env://", timeout=LONGEST_WAIT))
        store = PrefixStore(f"rnngen/{os.environ.get(ATTEMPT, '0')}", launch)
        dist.init_process_group(
            backend, store=store, rank=rank, world_size=size, timeout=LONGEST_WAIT
        )
    try:
        yield _TorchrunGroup(launch)
    finally:
        dist.destroy_process_group()


@contextlib.contextmanager
def _raise_if_gone() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise TrainingError(
            "a process of the group is gone, so training ends; the last state saved is whole. "
            "Start again with `resume`."
        ) from error
