"""Break a run somewhere, look at what it left, go on with it, compare it with an unbroken one."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnngen import checkpoint, runs, tensor_file
from rnngen.errors import CheckpointError
from rnngen.runs.folder import holds_run
from tests.torture import forks
from tests.torture.faults import Fault
from tests.torture.forks import Ended, Run
from tests.torture.kinds import COMMON, NAME, TINY, Kind, arguments, state_of, write_text
from tests.torture.real import run_killed

MOST_KILLS_OF_A_RUN = 3


@dataclass
class Row:
    """What came of the kills of one kind of run, or of one fault in runs of all kinds."""

    name: str
    fault: Fault
    points: int = 0
    """Places in an unbroken run."""
    runs: int = 0
    kills: int = 0
    """Processes that were killed, or runs that did not come to their end."""
    at_points: int = 0
    """At a place between two things done to files; the others were at a random moment."""
    before_state: int = 0
    """Kills before there was a state to go on from: the run began again."""
    places: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Matrix:
    """Kills runs of every kind."""

    def __init__(self, place: Path, rng: random.Random) -> None:
        """place: an empty folder for all that is written."""
        self._place, self._rng = place, rng
        self._text = write_text(place / "text.txt")
        self._base = self._make_base()
        self._unbroken: dict[Kind, tuple[Any, Ended]] = {}

    def _make_base(self) -> Path:
        """A home with a model to start from."""
        home = self._place / "base"
        home.mkdir()
        other = self._place / "other.txt"
        other.write_text("another text to learn from, of few words\n\n" * 40)
        start = ("train", str(other), "--name", "base", "--tokenizer", "char", *TINY, *COMMON)
        self._check(forks.run(Run(start, home)))
        return home

    def unbroken(self, kind: Kind) -> tuple[Any, Ended]:
        """What an unbroken run of a kind comes to, and how it went."""
        if kind not in self._unbroken:
            home = self._home(kind, "unbroken")
            ended = forks.run(self._start(kind, home))
            self._check(ended)
            self._unbroken[kind] = state_of(home), ended
        return self._unbroken[kind]

    def kill(
        self, kind: Kind, expected: Any, unbroken: Ended, row: Row, *, is_real: bool = False
    ) -> None:
        """Kill a run of this kind once or more, and go on each time.

        is_real: as a user starts it, and not in a fork of this process.
        """
        home = self._home(kind, f"{row.name.split()[0]}-{row.runs}")
        row.runs += 1
        work, kills = self._start(kind, home), self._rng.randint(1, MOST_KILLS_OF_A_RUN)
        with self._noting_failures(home, row):
            for _ in range(kills):
                at_point = not is_real and self._arm(work, unbroken)
                ended = run_killed(work, self._rng) if is_real else forks.run(work)
                if not ended.was_killed and not (is_real and any(ended.codes)):
                    self._check(ended)
                    break
                row.kills += 1
                row.at_points += at_point
                row.places.update([ended.stderr.strip().rpartition("killed ")[2]] * at_point)
                self._look(home)
                work = self._again(kind, home, row)
            else:
                work.place = work.kill_after = None
                self._check(forks.run(work))
            self._compare(home, expected)

    def fail(self, kind: Kind, fault: Fault, expected: Any, unbroken: Ended, row: Row) -> None:
        """Let something else go wrong in a run of this kind, and go on with it."""
        home = self._home(kind, f"{fault.name.replace(' ', '-')}-{row.runs}")
        row.runs += 1
        work = self._start(kind, home)
        with self._noting_failures(home, row):
            work.fault, work.place = fault, self._rng.randint(1, unbroken.points)
            ended = forks.run(work)
            row.kills += ended.codes != [0]
            row.at_points += 1
            self._check_end(ended, fault, work.place)
            self._look(home)
            if ended.codes != [0]:
                self._check(forks.run(self._again(kind, home, row)))
            self._compare(home, expected)

    @contextmanager
    def _noting_failures(self, home: Path, row: Row) -> Iterator[None]:
        try:
            yield
        except (AssertionError, CheckpointError, OSError, ValueError, KeyError) as error:
            row.failures.append(f"{home}: {type(error).__name__}: {error}")
        else:
            shutil.rmtree(home)

    @staticmethod
    def _check_end(ended: Ended, fault: Fault, place: int) -> None:
        """One line says what is wrong, and the exit code that something is."""
        where = f"{fault.name} at place {place}: ended with {ended.codes}: {ended.stderr}"
        assert not ended.hung, f"it hangs: {where}"
        [code], lines = ended.codes, ended.stderr.splitlines()
        assert len(lines) <= 1, where
        if fault.reason:
            assert code in (0, 1), where  # 0: of what needs not be, such as an index
            assert code == 0 or os.strerror(fault.reason) in ended.stderr, where
            assert lines == [] or lines[0].startswith("rnngen: "), where
        else:  # what no run has begun to hold ends at once
            assert code in (0, 130, -fault.signals[0]), where
            saved = "saved. Continue with: rnngen train --resume --name"
            assert lines == [] or (code == 130 and saved in lines[0]), where

    def _home(self, kind: Kind, name: str) -> Path:
        home = self._place / f"{kind.name.replace(' ', '-').replace(',', '')}-{name}"
        shutil.copytree(self._base, home)
        if kind.replaces:
            (home / "base").rename(home / NAME)
        return home

    def _start(self, kind: Kind, home: Path) -> Run:
        replace = ["--overwrite"] if kind.replaces else []
        return Run([*arguments(kind, self._text), *replace], home, kind.processes)

    def _arm(self, work: Run, unbroken: Ended) -> bool:
        """Choose where the run is killed; whether that is at a place and not a moment."""
        at_point = self._rng.random() < 0.7
        work.place = self._rng.randint(1, unbroken.points) if at_point else None
        work.kill_after = None if at_point else self._rng.uniform(0, unbroken.seconds)
        return at_point

    def _again(self, kind: Kind, home: Path, row: Row) -> Run:
        """What a user does now: go on if there is a state, else begin again."""
        folder = home / NAME
        if not kind.replaces and (folder / runs.TRAINING_FILE).exists():
            return Run(["train", "--resume", "--name", NAME, "--quiet"], home, kind.processes)
        row.before_state += 1
        work = self._start(kind, home)
        if holds_run(folder) and not kind.replaces:
            work.arguments = [*work.arguments, "--overwrite"]
        return work

    @staticmethod
    def _look(home: Path) -> None:
        """What stands there is whole: each file has its digest and all that it needs."""
        folder = home / NAME
        for name in (runs.TRAINING_FILE, runs.PREVIOUS_FILE):
            if (folder / name).exists():
                tensor_file.load_tensors(folder / name, "training")
        if (folder / runs.MODEL_FILE).exists():
            checkpoint.load_model(folder / runs.MODEL_FILE)

    @staticmethod
    def _check(ended: Ended) -> None:
        assert not ended.hung, f"it hangs: {ended.stderr}"
        assert not any(ended.codes), f"ended with {ended.codes}: {ended.stderr}"

    @staticmethod
    def _compare(home: Path, expected: Any) -> None:
        parts = ("state", "model", "settings", "facts of the model", "log", "states saved")
        for part, found, wanted in zip(parts, state_of(home), expected, strict=True):
            is_same = found >= wanted if part == "states saved" else found == wanted
            assert is_same, f"another {part} than that of an unbroken run"
        there = {path.name for path in (home / NAME).iterdir()}
        assert there == {runs.MODEL_FILE, runs.TRAINING_FILE, runs.LOG_FILE}, f"left: {there}"
        left = [path.name for path in home.rglob("*") if path.name.startswith(".")]
        assert left == [".tokens"], f"left: {left}"
