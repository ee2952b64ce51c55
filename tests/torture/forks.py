"""The program in processes that begin at once.

This process imports the program with PyTorch and never trains, so its forks may: PyTorch's
gradients do not survive the fork of a process that has computed some.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.faults import KILL, Fault, FaultPoints

HARD_LIMIT = 300.0
"""Seconds after which a run hangs."""


@dataclass
class Ended:
    """How a run ended: one process, or several of a group."""

    codes: list[int]
    """Exit codes; that of a killed process is the number of the signal, negative."""
    stderr: str
    points: int
    """Places that the first process came to; 0 if it was killed."""
    seconds: float
    hung: bool = False

    @property
    def was_killed(self) -> bool:
        return any(code < 0 for code in self.codes)


@dataclass
class Run:
    """Processes that are to be started together."""

    arguments: Sequence[str]
    home: Path
    processes: int = 1
    fault: Fault = KILL
    place: int | None = None
    """Where it happens in the first process; of a kill, to all."""
    kill_after: float | None = None
    """Seconds after which they are killed from outside."""
    begin: Callable[[], None] = lambda: None
    """Called in each process before the program."""
    stderr: Path = field(init=False)

    def __post_init__(self) -> None:
        self.stderr = self.home.with_name(self.home.name + ".stderr")


def import_program() -> None:
    """Import what a run needs, so that its forks need not."""
    import torch._dynamo
    import torch.distributed  # noqa: F401

    import rnngen.api
    import rnngen.cli.train
    import rnngen.console.training
    import rnngen.training.launch  # noqa: F401
    from rnngen.tokenizers import subword, subword_training  # noqa: F401


def run(work: Run) -> Ended:
    """Run to the end, or to the kill."""
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told, tells = os.pipe()
    children: list[int] = []
    with work.stderr.open("wb") as stderr:
        for rank in range(work.processes):
            child = os.fork()
            if not child:
                os.close(told)
                _become(work, rank, port, children[0] if children else 0, stderr.fileno(), tells)
            os.setpgid(child, children[0] if children else child)
            children.append(child)
    os.close(tells)
    codes, hung = _wait(children, work.kill_after, began)
    with os.fdopen(told) as pipe:
        points = int(pipe.read() or 0)
    return Ended(codes, work.stderr.read_text(), points, time.monotonic() - began, hung)


def _wait(children: list[int], kill_after: float | None, began: float) -> tuple[list[int], bool]:
    limit = HARD_LIMIT if kill_after is None else kill_after
    waiting, codes, hung = list(children), dict.fromkeys(children, 0), False
    while waiting:
        for child in list(waiting):
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                codes[child] = os.waitstatus_to_exitcode(status)
                waiting.remove(child)
        if waiting and time.monotonic() - began > limit:
            hung = hung or kill_after is None
            os.killpg(children[0], signal.SIGKILL)
        time.sleep(0.002)
    return [codes[child] for child in children], hung


def _become(work: Run, rank: int, port: int, leader: int, stderr: int, tells: int) -> None:
    """Be a process of the run; never returns."""
    code = 99
    try:
        os.setpgid(0, leader)
        null = os.open(os.devnull, os.O_RDWR)
        for number, handle in enumerate((null, null, stderr)):
            os.dup2(handle, number)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` may have begun the tests
        os.environ["RNNGEN_HOME"] = str(work.home)
        if work.processes > 1:
            size = str(work.processes)
            os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": size}
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            os.environ["LOCAL_WORLD_SIZE"] = size
        place = work.place if rank == 0 else None
        points = FaultPoints(work.home, work.fault, place, is_of_group=work.fault is KILL)
        work.begin()
        points.install()
        sys.argv = ["rnngen", *work.arguments]
        code = _exit_code()
        if rank == 0:
            os.write(tells, str(points.count).encode())
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _exit_code() -> int:
    from rnngen.__main__ import main

    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
