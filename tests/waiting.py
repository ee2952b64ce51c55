"""Waiting for what another process does, however long a busy machine takes for it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[Any]) -> None:
    """Return once `condition()` holds; fail if the process has ended and it still does not."""
    while not condition():
        ended = process.poll() is not None
        assert not ended or condition(), f"it ended with {process.returncode} before"
        time.sleep(0.005)
