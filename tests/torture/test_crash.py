"""A few of the kills and faults of `make torture`, others each time."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc")
def test_a_run_broken_anywhere_goes_on_to_the_same_bytes() -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    options = ("--seed", str(seed), "--kills", "6", "--faults", "9", "--real", "0", "--few")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.torture", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    again = f"again: python -m tests.torture {' '.join(options)}"
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}\n{again}"
    assert " 0 failures, " in ran.stdout
