"""What TensorBoard is given, and what it makes of it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rnngen.errors import FileError, PackageError
from rnngen.training.events import Planned, Sample, Stopped
from rnngen.training.tensorboard import Scalars
from tests.logs import evaluation, step

MODULE = "torch.utils.tensorboard"


class Writer:
    """A SummaryWriter that keeps what it is given."""

    def __init__(self, folder: str, purge_step: int) -> None:
        self.scalars: list[tuple[str, float, int]] = []
        self.folder, self.purge_step, self.closed = folder, purge_step, False
        made.append(self)

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.scalars.append((tag, value, step))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


made: list[Writer] = []


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> list[Writer]:
    made.clear()
    monkeypatch.setitem(sys.modules, MODULE, SimpleNamespace(SummaryWriter=Writer))
    return made


def write(folder: Path, *events: Any, resume: bool = False) -> None:
    with Scalars(folder, resume=resume) as scalars:
        for event in events:
            scalars.observe(event)


def test_each_number_of_an_event_is_a_scalar_at_its_step(writers, tmp_path: Path):
    planned, text = Planned(0, 0, 0, 0, 20), Sample(20, 2.0, 2000, 10.0, "hello")
    write(tmp_path / "fox", planned, step(10, 3.0), evaluation(20, 2.5, 3.5), text)
    [writer] = writers
    assert (writer.folder, writer.purge_step) == (str(tmp_path / "fox"), 0)
    assert sorted(writer.scalars) == [
        ("bits_per_byte/held_out", 3.5, 20),
        ("learning_rate", 0.001, 10),
        ("nats_per_token/held_out", 2.5, 20),
        ("nats_per_token/training", 3.0, 10),
        ("tokens_per_second", 200.0, 10),
    ]
    assert writer.closed


def test_a_resumed_run_voids_what_happens_again(writers, tmp_path: Path):
    write(tmp_path, Planned(15, 1.5, 1500, 7.5, 20), step(20, 2.0), resume=True)
    assert writers[0].purge_step == 20


def test_a_run_without_numbers_writes_nothing(writers, tmp_path: Path):
    write(tmp_path, Stopped(0, 0, 0, 0, "interrupted", None, None))
    assert writers == []


def test_a_folder_that_cannot_be_is_refused(writers, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file/fox: cannot be written"):
        Scalars(tmp_path / "file" / "fox", resume=False)


def test_without_tensorboard_it_says_what_to_install(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, MODULE, None)
    with pytest.raises(PackageError, match=r'pip install "rnngen\[tensorboard\]"'):
        Scalars(tmp_path / "fox", resume=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_reads_a_killed_and_resumed_run_as_one(tmp_path: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write(tmp_path, step(10, 9.0), step(50, 9.0))  # an earlier run of that name
    write(tmp_path, step(10, 3.0), evaluation(15, 2.5, 3.5), step(20, 9.0), evaluation(20, 9, 9))
    write(tmp_path, step(20, 2.0), evaluation(30, 1.5, 2.5), resume=True)
    board = EventAccumulator(str(tmp_path))
    board.Reload()
    read = {tag: [(e.step, e.value) for e in board.Scalars(tag)] for tag in board.Tags()["scalars"]}
    assert read["nats_per_token/training"] == [(10, 3.0), (20, 2.0)]
    assert read["nats_per_token/held_out"] == [(15, 2.5), (30, 1.5)]
    assert read["bits_per_byte/held_out"] == [(15, 3.5), (30, 2.5)]
