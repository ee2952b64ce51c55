"""Several processes train as one does: the same bits, one voice, and nothing lost with one of them.

They are started as a user starts them, by torchrun on this machine, and talk over its loopback.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnngen import runs, tensor_file
from rnngen.errors import ConfigError
from rnngen.training.processes import SINGLE, Group
from tests.conftest import ROOT
from tests.precision import PRECISION_OPTION
from tests.waiting import wait_until

PROGRAM = (sys.executable, "-m", "rnngen", "train")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node")
RESTARTS = 3
"""For one killed process. On a busy machine the library of a process that begins again may abort it
while its peers of before still end, and torchrun then begins once more."""
SETTINGS = (
    *("--hidden-size", "16", "--num-layers", "1", "--dropout", "0.2", "--device", "cpu"),
    *("--batch-size", "6", "--seq-len", "16", "--threads", "2", "--steps", "40"),
    *("--evaluations", "20", *PRECISION_OPTION),
)


def start(processes: int, home: Path, *arguments: str, restarts: int = 0) -> subprocess.Popen[str]:
    """`rnngen train`, alone or under torchrun."""
    launcher = (*TORCHRUN, str(processes), "--max-restarts", str(restarts), "-m", "rnngen", "train")
    return subprocess.Popen(
        [*(launcher if processes > 1 else PROGRAM), *arguments],
        cwd=ROOT,
        env={**os.environ, "RNNGEN_HOME": str(home), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def train(processes: int, home: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(processes, home, *arguments)
    stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


def state(home: Path, name: str) -> tuple[dict[str, bytes], dict[str, object]]:
    tensors, facts = tensor_file.load_tensors(home / name / runs.TRAINING_FILE, "training")
    del facts["progress"]["seconds"]
    return {key: array.tobytes() for key, array in tensors.items()}, facts


def events(home: Path, name: str, kind: str) -> list[dict[str, float]]:
    log = home / name / runs.LOG_FILE
    lines = [json.loads(x) for x in log.read_text().splitlines() if x.endswith("}")]
    return [line for line in lines if line["event"] == kind]


def wait_for_a_state(home: Path, name: str, process: subprocess.Popen[str]) -> None:
    log = home / name / runs.LOG_FILE
    wait_until(lambda: log.exists() and len(events(home, name, "saved")) >= 3, process)


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The processes torchrun started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text("".join(f"line {k} of a text, {k * k % 97} words\n\n" for k in range(400)))
    return str(path)


@pytest.fixture(scope="module")
def alone(text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run of one process, called `one`."""
    home = tmp_path_factory.mktemp("home")
    code, _, stderr = train(1, home, text, "--name", "one", *SETTINGS, "--quiet")
    assert (code, stderr) == (0, "")
    return home


def test_two_processes_write_what_one_does_and_only_one_speaks(text: str, alone: Path) -> None:
    code, stdout, stderr = train(2, alone, text, "--name", "two", *SETTINGS)
    assert (code, stdout) == (0, "")
    assert stderr.count("40 steps in total") == stderr.count("done after") == 1
    # Two addends have one sum, in whatever order, so even the last bits agree.
    assert state(alone, "two") == state(alone, "one")
    for kind in ("step", "evaluation"):
        one, two = events(alone, "one", kind), events(alone, "two", kind)
        assert len(two) == len(one) > 0
        for a, b in zip(one, two, strict=True):
            different = {"seconds", "tokens_per_second"}
            assert {k: v for k, v in a.items() if k not in different} == {
                k: v for k, v in b.items() if k not in different
            }


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_a_killed_process_ends_the_run_which_another_number_goes_on_with(
    text: str, alone: Path
) -> None:
    process = start(2, alone, text, "--name", "killed", *SETTINGS, "--quiet")
    wait_for_a_state(alone, "killed", process)
    os.kill(workers_of(process)[1], signal.SIGKILL)
    process.communicate()
    assert process.returncode != 0
    code, _, _ = train(1, alone, "--resume", "--name", "killed", "--quiet")
    assert code == 0
    assert state(alone, "killed") == state(alone, "one")


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_torchruns_restart_goes_on_by_itself(text: str, alone: Path) -> None:
    process = start(2, alone, text, "--name", "again", *SETTINGS, "--quiet", restarts=RESTARTS)
    wait_for_a_state(alone, "again", process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert state(alone, "again") == state(alone, "one")


def test_a_stop_signal_to_one_stops_all_at_the_same_step(text: str, alone: Path) -> None:
    process = start(2, alone, text, "--name", "stopped", *SETTINGS)
    wait_for_a_state(alone, "stopped", process)
    os.kill(workers_of(process)[1], signal.SIGTERM)  # not the one that writes
    _, stderr = process.communicate()
    assert process.returncode != 0
    assert stderr.count("Continue with: rnngen train --resume --name stopped") == 1
    assert train(2, alone, "--resume", "--name", "stopped", "--quiet")[0] == 0
    assert state(alone, "stopped") == state(alone, "one")


def test_a_restart_leaves_a_run_that_was_there_alone(text: str, alone: Path) -> None:
    before = {file.name: file.read_bytes() for file in (alone / "one").iterdir()}
    process = start(2, alone, text, "--name", "one", *SETTINGS, "--seed", "9", restarts=1)
    _, stderr = process.communicate()
    assert process.returncode != 0
    assert stderr.count("holds a run") == 2  # in the first attempt, and in the second
    assert {file.name: file.read_bytes() for file in (alone / "one").iterdir()} == before


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_a_later_end_survives_a_restart(text: str, alone: Path) -> None:
    """As one process moves it, whatever becomes of two."""
    for name in ("moved", "broken"):
        shutil.copytree(alone / "one", alone / name)
    end = ("--resume", "--steps", "80", "--quiet")
    assert train(1, alone, "--name", "moved", *end)[0] == 0
    process = start(2, alone, "--name", "broken", *end, restarts=RESTARTS)
    wait_until(lambda: events(alone, "broken", "saved")[-1]["step"] >= 44, process)
    os.kill(workers_of(process)[1], signal.SIGKILL)
    _, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert state(alone, "broken") == state(alone, "moved")


def test_more_processes_than_rows_are_refused_before_anything_is_made(
    text: str, tmp_path: Path
) -> None:
    code, _, stderr = train(2, tmp_path, text, *SETTINGS, "--batch-size", "1")
    assert code != 0
    assert stderr.count("--batch-size 1 is less than the 2 processes") == 1
    assert not (tmp_path / "text").exists()


@given(st.integers(1, 50), st.integers(1, 8))
def test_every_row_is_one_processes_and_in_order(number: int, size: int) -> None:
    seen = []
    for rank in range(size):
        group = Group()
        group.rank, group.size = rank, size
        seen += list(range(number))[group.rows(number)]
    assert seen == list(range(number))


def test_a_group_of_one_changes_nothing() -> None:
    tensor = torch.arange(6.0).view(1, 3, 2)
    assert SINGLE.all_reduce(tensor) is tensor
    assert SINGLE.all_gather(tensor, 3) is tensor
    assert SINGLE.rows(3) == slice(0, 3)
    SINGLE.check(1)
    group = Group()
    group.size = 4
    with pytest.raises(ConfigError, match="4 processes"):
        group.check(3)
