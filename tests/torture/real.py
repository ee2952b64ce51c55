"""The program as a user starts it, killed from outside once its log has come to some line."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from rnngen import runs
from tests.conftest import ROOT
from tests.torture.forks import HARD_LIMIT, Ended, Run
from tests.torture.kinds import NAME

LINES = 16
"""Of the log of an unbroken run."""


def run_killed(work: Run, rng: random.Random) -> Ended:
    """Start the program, under torchrun if there are several processes, and kill it with -9.

    Of several processes all are killed, or one worker, whose loss ends the others.
    """
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    several = [*launcher, str(work.processes)] if work.processes > 1 else []
    command = [sys.executable, *several, "-m", "rnngen", *work.arguments]
    environment = {**os.environ, "RNNGEN_HOME": str(work.home), "PYTHONPATH": str(ROOT)}
    lines, pause = rng.randrange(LINES), rng.uniform(0, 0.05)
    log, began = work.home / NAME / runs.LOG_FILE, time.monotonic()
    with work.stderr.open("wb") as stderr:
        process = subprocess.Popen(command, env=environment, stderr=stderr, stdout=stderr)
        old = _lines(log)
        while process.poll() is None and (_lines(log) == old or _lines(log) < lines):
            time.sleep(0.005)
            assert time.monotonic() - began < HARD_LIMIT, f"{command} hangs"
        time.sleep(pause)
        workers = _children(process.pid) if work.processes > 1 else []
        one = [rng.choice(workers)] if workers and rng.random() < 0.5 else []
        for pid in one or [process.pid, *workers]:
            _kill(pid)
        process.wait(HARD_LIMIT)
        while [pid for pid in workers if _is_running(pid)]:  # torchrun may be gone before them
            time.sleep(0.01)
    return Ended([process.returncode], work.stderr.read_text(), 0, time.monotonic() - began)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def _lines(log: Path) -> int:
    try:
        return log.read_bytes().count(b"\n")
    except OSError:
        return 0


def _children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
