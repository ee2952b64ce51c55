"""Starting a run from Python: the run of the command line, as events."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import rnngen
from rnngen import runs, tensor_file
from rnngen.cli import app
from rnngen.errors import CheckpointError, ConfigError
from rnngen.training.events import Evaluation, Event, Planned, Prepared, Saved, Stopped
from rnngen.training.launch import launch
from rnngen.training.request import Request
from tests.conftest import ROOT

SMALL = {"hidden_size": 16, "num_layers": 1, "device": "cpu", "steps": 6, "evaluations": 2}


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text, in a folder where runs are kept in `home`."""
    monkeypatch.setenv("RNNGEN_HOME", str(tmp_path / "home"))
    path = tmp_path / "text.txt"
    path.write_text("".join(f"line {k} of a text, {k * k % 97} words\n\n" for k in range(200)))
    return path


def names(events: Iterator[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def stored(folder: Path, file: str, kind: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """What a file of a run holds, but for the time it took and when it was made."""
    tensors, facts = tensor_file.load_tensors(folder / file, kind)
    facts.pop("created", None)
    for part in ("training", "progress"):
        facts.get(part, {}).pop("seconds", None)
    return {name: array.tobytes() for name, array in tensors.items()}, facts


def test_python_writes_the_very_bytes_of_the_command_line(text: Path):
    options = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    ran = CliRunner().invoke(app, ["train", str(text), "--name", "command", *options])
    assert ran.exit_code == 0, ran.stderr
    *_, stopped = rnngen.train(text, name="python", **SMALL)
    assert isinstance(stopped, Stopped)
    home = text.parent / "home"
    for file, kind in ((runs.MODEL_FILE, "model"), (runs.TRAINING_FILE, "training")):
        assert stored(home / "python", file, kind) == stored(home / "command", file, kind)
    assert rnngen.load("python").sample(seed=1) == rnngen.load("command").sample(seed=1)


def test_a_run_is_prepared_planned_measured_saved_and_stopped(text: Path):
    events = list(rnngen.train(text, **SMALL))
    kinds = ["Prepared", "Planned"] + ["Evaluation", "Sample", "Saved"] * 2
    kinds += ["Limited", "Saved", "Stopped"]
    assert names(iter(events)) == kinds
    [prepared] = [event for event in events if isinstance(event, Prepared)]
    assert prepared.corpus["names"] == ["text.txt"]
    assert prepared.recipe.reasons["hidden_size"] == "as asked"
    log = (text.parent / "home" / "text" / runs.LOG_FILE).read_text().splitlines()
    assert [json.loads(line) for line in log] == [event.to_json() for event in events[1:]]


def test_settings_of_none_are_chosen_as_those_left_out(text: Path):
    first = next(rnngen.train(text, name="a", batch_size=None, output=None, **SMALL))
    assert isinstance(first, Prepared)
    assert first.recipe.reasons["batch_size"] != "as asked"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"paths": ()}, "name a text file to train on, or `resume` a run by its `name`"),
        ({"hiden_size": 3}, "unknown setting 'hiden_size'"),
        ({"name": "a/b"}, "'a/b' cannot be a run's name"),
        ({"name": "a", "output": "b"}, "`name` and `output` both say"),
        ({"resume": True, "paths": ()}, "`resume` needs the run's `name`"),
        ({"resume": True, "init_from": "haiku"}, "Leave one of them out"),
    ],
)
def test_arguments_that_cannot_be_are_refused_at_once(text: Path, arguments: Any, message: str):
    """By their names, before an event is asked for."""
    paths = arguments.pop("paths", (text,))
    with pytest.raises(ConfigError) as caught:
        rnngen.train(*paths, **arguments)
    assert message in str(caught.value)


def test_nothing_is_written_before_the_first_event_is_asked_for(text: Path):
    rnngen.train(text, **SMALL)
    assert not (text.parent / "home").exists()


def test_a_run_that_is_there_is_kept_unless_it_may_be_replaced(text: Path):
    list(rnngen.train(text, **SMALL))
    with pytest.raises(CheckpointError, match="replace it with `overwrite`"):
        next(rnngen.train(text, **SMALL))
    assert names(rnngen.train(text, overwrite=True, **SMALL))[-1] == "Stopped"


def test_a_stopped_run_is_resumed_to_the_weights_of_an_unbroken_one(text: Path):
    home = text.parent / "home"
    list(rnngen.train(text, name="whole", **SMALL))
    stops = iter([False, False, True])
    *_, stopped = rnngen.train(text, output=home / "x", should_stop=lambda: next(stops), **SMALL)
    assert isinstance(stopped, Stopped)
    assert (stopped.reason, stopped.step) == ("interrupted", 3)
    *_, stopped = rnngen.train(output=home / "x", resume=True)
    assert isinstance(stopped, Stopped)
    assert (stopped.reason, stopped.step) == ("finished", 6)
    whole, parts = (stored(home / n, runs.TRAINING_FILE, "training")[0] for n in ("whole", "x"))
    assert whole == parts


def test_who_leaves_the_loop_can_resume_from_the_last_saved_state(text: Path):
    for event in rnngen.train(text, **SMALL):
        if isinstance(event, Saved):
            break
    steps = [e.step for e in rnngen.train(name="text", resume=True) if isinstance(e, Evaluation)]
    assert steps == [6]


def test_observers_get_each_event_before_it_is_yielded(text: Path):
    seen: list[Event] = []

    class Keeper:
        def observe(self, event: Event) -> None:
            seen.append(event)

    request = Request([str(text)], SMALL)
    for number, event in enumerate(launch(request, observers=[Keeper()]), 1):
        assert (len(seen), seen[-1]) == (number, event)
    assert isinstance(seen[-1], Stopped)


def test_the_device_a_run_is_planned_for_is_the_one_it_trains_on(text: Path):
    prepared, planned, *_ = rnngen.train(text, **{**SMALL, "device": "cpu"})
    assert isinstance(prepared, Prepared)
    assert isinstance(planned, Planned)
    assert prepared.recipe.train.device == "cpu"


LIGHT = """
import sys, rnngen
shown = {name for name in dir(rnngen) if not name.startswith("__")}
assert shown | {"__version__"} == set(rnngen.__all__), shown
assert not {"numpy", "torch", "typer"} & sys.modules.keys()
try:
    rnngen.train()
except rnngen.errors.ConfigError:
    assert "torch" not in sys.modules
else:
    raise AssertionError
"""


def test_importing_and_listing_loads_nothing_heavy_and_a_wrong_call_no_torch():
    subprocess.run([sys.executable, "-c", LIGHT], cwd=ROOT, check=True)
