"""Fixtures every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.chromium import chromium

__all__ = ["chromium"]

ROOT = Path(__file__).resolve().parent.parent
LONGEST = (
    "tests/test_docs.py",
    "tests/cli/test_help.py",
    "tests/training/test_processes.py",
    "tests/training/test_run.py",
    "tests/cli/test_resume.py",
    "tests/test_first_hour.py",
    "tests/cli/test_faults.py",
    "tests/cli/test_terminal.py",
    "tests/export/test_browser.py",
    "tests/cli/test_reading.py",
    "tests/torture/test_crash.py",
)
"""Files that take longest, longest first: begun last, one core would wait for the other."""

# Programs that tests start would inherit this where the tests run in the background of a shell.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Threads of OpenMP that wait for others would hold the cores that several tests share.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# No deadline: shared machines stall for seconds, and a slow example is not a failing one. The same
# examples each time, so that a change is judged by what it changed; `make search` looks for new
# ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=20_000)
settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(rank)))


@pytest.fixture
def data_file() -> Callable[[str], Path]:
    """Finds a real text that is not shipped, or skips the test."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get("RNNGEN_TEST_DATA", ROOT.parent / "shared" / "data"))
        if not (folder / name).is_file():
            pytest.skip(f"{name} is not in {folder}; set RNNGEN_TEST_DATA to a folder that has it")
        return folder / name

    return find


@pytest.fixture
def corpora() -> Path:
    """The folder of the texts shipped with the project."""
    return ROOT / "corpora"
