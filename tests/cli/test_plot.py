"""`rnngen plot` from the outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.test_fuzz import check, command_lines, numbers
from tests.conftest import ROOT
from tests.logs import evaluation, step, write_log

FOX = [step(10, 3.0), evaluation(20, 2.5, 3.5), step(20, 2.0)]
HEN = [step(10, 3.5), evaluation(20, 2.25, 3.15)]


@pytest.fixture
def fox(home: Path) -> str:
    write_log(home / "fox", FOX)
    return "fox"


@pytest.fixture
def hen(home: Path) -> str:
    write_log(home / "hen", HEN)
    return "hen"


def test_the_chart_is_on_stdout_and_fits_the_width(rnngen, fox, hen):
    ran = rnngen("plot", fox, hen, "--width", 50, "--height", 5)
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "nats per token"
    assert max(map(len, lines)) <= 50
    assert [line.split()[-1] for line in lines[-3:-1]] == [fox, hen]
    assert lines[-1] == "* several runs"
    assert "\x1b" not in ran.stdout


def test_a_terminal_gives_its_width(rnngen, fox, monkeypatch: pytest.MonkeyPatch):
    for columns in (60, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = rnngen("plot", fox, "--ascii").stdout.splitlines()
        assert len(lines[17]) == columns  # the floor reaches the right edge


def test_points_are_printed_in_the_units_of_the_chart(rnngen, fox):
    ran = rnngen("plot", fox, "--json", "--x", "minutes")
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        {"run": "fox", "curve": "training", "minutes": 5 / 60, "nats_per_token": 3.0},
        {"run": "fox", "curve": "training", "minutes": 10 / 60, "nats_per_token": 2.0},
        {"run": "fox", "curve": "held_out", "minutes": 10 / 60, "nats_per_token": 2.5},
    ]
    ran = rnngen("plot", fox, "--json", "--y", "bits", "--from", 20)
    assert json.loads(ran.stdout) == {
        "run": "fox",
        "curve": "held_out",
        "step": 20,
        "bits_per_byte": 3.5,
    }


def test_left_out_the_run_is_the_one_last_written_to(rnngen, home, fox, hen):
    for name, seconds in ((fox, 2e9), (hen, 1e9)):
        os.utime(home / name / "log.jsonl", (seconds, seconds))
    assert json.loads(rnngen("plot", "--json").stdout.splitlines()[0])["run"] == "fox"


def test_runs_of_one_name_are_called_by_what_was_typed(rnngen, home, fox):
    write_log(home / "old" / "fox", HEN)
    ran = rnngen("plot", fox, home / "old" / "fox", home / "fox", "--json")
    names = {json.loads(line)["run"] for line in ran.stdout.splitlines()}
    assert names == {str(home / "fox"), str(home / "old" / "fox")}  # each once


def test_a_run_that_is_being_written_is_drawn(rnngen, home, fox):
    with (home / "fox" / "log.jsonl").open("a") as log:
        log.write('{"event": "step", "step": 30, "train_nats_per')
    assert len(rnngen("plot", fox, "--json").stdout.splitlines()) == 3


def test_a_run_that_has_just_begun_has_nothing_to_draw(rnngen, home, fox):
    write_log(home / "new", [])
    (home / "empty").mkdir()
    (home / "empty" / "log.jsonl").touch()
    ran = rnngen("plot", "new", "empty")
    assert ran.exit_code == 1
    assert "new, empty: no loss was logged so far" in ran.error
    ran = rnngen("plot", "new", fox)
    assert ran.exit_code == 0
    assert ran.stderr == "rnngen: note: new: no loss was logged so far.\n"
    assert "fox" in ran.stdout
    ran = rnngen("plot", fox, "--from", 21)
    assert "no loss was logged from step 21 on so far" in ran.error


def test_runs_of_different_tokens_are_told_not_to_compare(rnngen, home, fox, hen):
    assert rnngen("plot", fox, hen).stderr == ""  # 2.5 / 3.5 is 2.25 / 3.15
    write_log(home / "words", [evaluation(20, 5.0, 3.0)])
    assert "--y bits" in rnngen("plot", fox, "words").stderr
    assert rnngen("plot", fox, "words", "--y", "bits").stderr == ""


@pytest.mark.parametrize(
    ("options", "exit_code", "message"),
    [
        (["dog"], 1, "no run called 'dog'. There are: fox"),
        (["fox", "--x", "hours"], 2, "--x must be one of"),
        (["fox", "--width", "10"], 2, "--width must be from 44"),
        (["fox", "--height", "0"], 2, "--height must be from 3"),
        (["fox", "--out", "loss.gif"], 2, "--out must end in .png, .svg or .pdf"),
        (["fox", "--out", "loss.png", "--json"], 2, "--json and --out exclude each other"),
    ],
)
def test_what_cannot_be_is_one_line(rnngen, fox, options, exit_code, message):
    ran = rnngen("plot", *options)
    assert ran.exit_code == exit_code
    assert message in ran.error


def test_letters_are_for_26_runs(rnngen, home):
    names = [f"run{k}" for k in range(27)]
    for name in names:
        write_log(home / name, HEN)
    assert rnngen("plot", *names[:26]).exit_code == 0
    ran = rnngen("plot", *names)
    assert ran.exit_code == 2
    assert "26 runs" in ran.error


def test_without_matplotlib_a_file_is_one_line_and_no_file(rnngen, fox, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ran = rnngen("plot", fox, "--out", "loss.png")
    assert ran.exit_code == 1
    assert 'pip install "rnngen[plot]"' in ran.error
    assert list(Path().iterdir()) == []


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
def test_a_file_is_drawn_and_stdout_stays_empty(rnngen, fox, hen):
    ran = rnngen("plot", fox, hen, "--out", "loss.svg")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "</svg>" in Path("loss.svg").read_text()


def test_drawing_needs_neither_numpy_nor_torch_nor_rich(home, fox):
    code = (
        "import sys; from rnngen.cli import app\n"
        "try: app(['plot', 'fox'], prog_name='rnngen')\n"
        "finally: assert not {'numpy', 'torch', 'rich.console', 'matplotlib'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "nats per token" in ran.stdout


PLOT = {
    **dict.fromkeys(["--smooth", "--from", "--width", "--height"], numbers),
    "--x": st.sampled_from(["step", "tokens", "minutes", "epoch", "time"]),
    "--y": st.sampled_from(["nats", "bits", ""]),
    **dict.fromkeys(["--log-x", "--json", "--ascii"], st.none()),
}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=command_lines(PLOT), log=st.binary(max_size=80))
def test_plot_never_ends_in_a_traceback(rnngen, home, fox, arguments, log):
    (home / "bytes").mkdir(exist_ok=True)
    (home / "bytes" / "log.jsonl").write_bytes(log)
    check(rnngen("plot", fox, "bytes", *arguments))
