"""Many cases, each reader's in processes of its own, and what became of them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import ROOT
from tests.fuzz.worker import BOARD, NO_CASE, short_name

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECONDS = 5.0
"""Of one case."""
START_SECONDS = 120.0
"""Of a process before its first case."""
SHIFT = 20_000
"""Cases read by one process."""
LOOK_EVERY = 0.25


@dataclass
class Row:
    """What became of a reader's cases of one kind."""

    reader: str
    kind: str
    cases: int = 0
    accepted: int = 0
    refused: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(reader: str, kind: str, *, count: int, seed: int, kept: Path) -> Row:
    """Read `count` cases.  kept: where those that fail are saved."""
    row = Row(reader, kind)
    began, number = time.monotonic(), 0
    while number < count:
        number = _shift(row, seed, number, min(SHIFT, count - number), kept)
    row.seconds = time.monotonic() - began
    row.failures = sorted(
        str(path)
        for path in kept.glob(f"{short_name(reader)}-{kind}-{seed}-*")
        if path.suffix != ".why"
    )
    return row


def run_all(
    readers: list[str], counts: dict[str, int], *, seed: int, kept: Path, workers: int
) -> Iterator[Row]:
    """All readers, each with an equal share of the cases of each kind; gives each as it ends."""
    with ThreadPoolExecutor(workers) as pool:
        waiting = [
            pool.submit(run, reader, kind, count=-(-count // len(readers)), seed=seed, kept=kept)
            for kind, count in counts.items()
            for reader in readers
            if count
        ]
        for each in as_completed(waiting):
            yield each.result()


def _shift(row: Row, seed: int, first: int, count: int, kept: Path) -> int:
    """Start a process and watch it; returns the number of the case to go on with."""
    with tempfile.NamedTemporaryFile() as board, tempfile.TemporaryFile() as said:
        board.write(BOARD.pack(NO_CASE, 0, 0, 0))
        board.flush()
        command = [sys.executable, "-m", "tests.fuzz.worker", row.reader, row.kind, board.name]
        command += [str(kept), str(seed), str(first), str(count)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        why = _watched(process, Path(board.name))
        said.seek(0)
        why += said.read()[-2000:].decode("utf-8", "replace")
        stopped_at, accepted, refused, failed = BOARD.unpack(Path(board.name).read_bytes())
    row.accepted += accepted
    row.refused += refused
    done = accepted + refused + failed
    if stopped_at == NO_CASE and done == count:
        row.cases += count
        return first + count
    if stopped_at == NO_CASE:
        raise RuntimeError(f"{row.reader}: no case was read: {why}")
    _keep_crash(row, seed, stopped_at, why, kept)
    row.cases += done + 1
    return int(stopped_at) + 1


def _watched(process: subprocess.Popen[bytes], board: Path) -> str:
    """Wait for the process, or end it if one case takes too long; returns what happened."""
    last, since = NO_CASE, time.monotonic()
    with process:
        while process.poll() is None:
            time.sleep(LOOK_EVERY)
            number = BOARD.unpack(board.read_bytes())[0]
            if number != last:
                last, since = number, time.monotonic()
            most = START_SECONDS if number == NO_CASE else MOST_SECONDS
            if time.monotonic() - since > most:
                process.kill()
                return f"it took more than {most:.0f} seconds. "
    return f"the process ended with {process.returncode}. "


def _keep_crash(row: Row, seed: int, number: int, why: str, kept: Path) -> None:
    """Save the case that ended a process: another process makes it again, and reads nothing."""
    made = subprocess.run(
        [sys.executable, "-c", MAKE, row.reader, row.kind, str(seed), str(number), str(kept), why],
        cwd=ROOT,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    assert made.returncode == 0


MAKE = """
import sys, tempfile
from pathlib import Path
from tests.fuzz import worker
name, kind, seed, number, kept, why = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    reader = worker.reader_class(name)(Path(folder))
    content = worker.case(reader, kind, int(seed), int(number))
    file = f"{worker.short_name(name)}-{kind}-{seed}-{number}{reader.suffix}"
    worker.keep(Path(kept), file, (content, why))
"""
