"""The program as a user runs it, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rnngen import checkpoint, runs
from rnngen.cli import app
from rnngen.runs import places
from tests.conftest import ROOT
from tests.models import small_model


@dataclass(frozen=True)
class Ran:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def error(self) -> str:
        """The one line an error is."""
        assert self.stdout == ""
        lines = self.stderr.strip().splitlines()
        assert len(lines) == 1, self.stderr
        assert lines[0].startswith("rnngen: ")
        return lines[0]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs go in this test, the only models there are; the working folder is empty.

    Texts are those of seed 1 unless a test says otherwise, so that no test hangs on chance.
    """
    monkeypatch.setenv("RNNGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RNNGEN_SEED", "1")
    monkeypatch.setattr(places, "SHIPPED", "none")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "home"


@pytest.fixture
def rnngen(home: Path) -> Callable[..., Ran]:
    """Runs a command in this process: fast, and fit for most tests."""

    def run(*arguments: Any, input: bytes | str | None = None) -> Ran:
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=input)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def program(home: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts the program as its own process, for signals, pipes and limits; ends it at last."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        command = [sys.executable, "-m", "rnngen", *map(str, arguments)]
        started.append(subprocess.Popen(command, env=environment, **{**pipes, **options}))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        with process:  # waits for it and closes its pipes
            pass


@pytest.fixture
def model(home: Path) -> str:
    """The name of a model with random weights that knows every byte."""
    (home / "noise").mkdir(parents=True)
    checkpoint.save_model(home / "noise" / runs.MODEL_FILE, small_model(seed=1))
    return "noise"


@pytest.fixture
def model_file(model: str, home: Path) -> Path:
    """The file of that model."""
    return home / model / runs.MODEL_FILE
