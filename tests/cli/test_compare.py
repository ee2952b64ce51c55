"""`rnngen compare` from the outside."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from rnngen import runs
from rnngen.analysis import measure, reading
from rnngen.cli import compare as command
from rnngen.errors import ConfigError
from tests.cli.small import words
from tests.precision import PRECISION
from tests.waiting import wait_until

SETTINGS = f"""
ngrams = 1
batch_size = 8
seq_len = 32
evaluations = 2
threads = 1
device = "cpu"
precision = "{PRECISION}"
novelty = false
"""


@pytest.fixture
def text(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A text, and options with which it is compared in moments."""
    monkeypatch.setattr(measure, "SAMPLED_SECONDS", 0.01)
    monkeypatch.setattr(measure, "SAMPLED_TOKENS", 20)
    monkeypatch.setattr(reading, "WINDOWS", 20)
    (tmp_path / "small.toml").write_text(SETTINGS)
    path = words(tmp_path / "words.txt")
    small = ("--config", str(tmp_path / "small.toml"), "--num-layers", "1", "--sizes", "8")
    return (str(path), *small, "--steps", "20", "--seeds", "2")


def test_tables_and_verdict_are_on_stdout_and_runs_on_stderr(rnngen, text, home: Path):
    ran = rnngen("compare", *text)
    assert ran.exit_code == 0
    lines = ran.stdout.splitlines()
    assert lines[0] == "Held-out loss, speed and size"
    assert [line.split()[0] for line in lines[2:4]] == ["lstm-8", "gru-8"]
    text = " ".join(lines)
    assert "as far as 2 seeds can tell" in text or "is better than" in text
    told = ran.stderr.splitlines()
    assert told[0] == "4 runs, 2 settings with 2 seeds, 20 steps each"
    assert [line for line in told if line.startswith("run ")] == [
        f"run {k} of 4: {cell}-8, seed {seed}"
        for k, (seed, cell) in enumerate([(s, c) for s in (0, 1) for c in ("lstm", "gru")], 1)
    ]
    assert (home / "words-compare" / "gru-8-seed1" / runs.MODEL_FILE).is_file()


def test_the_result_as_json_report_and_picture(rnngen, text, tmp_path: Path):
    pytest.importorskip("matplotlib")
    report, picture = tmp_path / "words.md", tmp_path / "words.svg"
    ran = rnngen("compare", *text, "--json", "--report", report, "--plot", picture, "--quiet")
    assert (ran.exit_code, ran.stderr) == (0, "")
    facts = json.loads(ran.stdout)
    assert facts["order"] in (["lstm-8", "gru-8"], ["gru-8", "lstm-8"])
    assert len(facts["results"]) == 4
    assert {len(result["context"]) for result in facts["results"]} == {len(reading.CONTEXTS)}
    assert report.read_text().startswith("# words-compare: a comparison\n")
    assert picture.read_text().lstrip().startswith("<?xml")
    ran = rnngen("compare", *text, "--name", "again", "--report", report)
    assert ran.exit_code == 1
    assert ran.error == f"rnngen: {report} exists. Replace it with --overwrite."
    # A comparison that is done is shown again, and nothing is trained.
    again = ("compare", "--resume", "--name", "words-compare", "--report", report)
    assert "exists. Replace it with --overwrite" in rnngen(*again).error
    ran = rnngen(*again, "--overwrite")
    size = report.stat().st_size
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", f"{report}: {size:,} bytes\n")
    ran = rnngen("compare", *text)
    assert "holds a comparison; go on with --resume, replace it with --overwrite" in ran.error


def test_without_matplotlib_it_says_what_to_install_before_it_trains(
    rnngen, text, home: Path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    ran = rnngen("compare", *text, "--plot", "a.png")
    assert ran.exit_code == 1
    assert ran.error == 'rnngen: --plot needs matplotlib: pip install "rnngen[plot]"'
    assert not home.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--steps", 5), "--steps must be at least 20 to compare anything, got 5"),
        (("--minutes", 1), "--steps or --minutes, and not both"),
        (("--cells", "lstm"), "there is nothing to compare"),
        (("--cells", "lstm,elman"), "--cells must be of lstm, gru, got 'elman'"),
        (("--cells", "lstm,,gru"), "--cells must be values with commas between"),
        (("--sizes", "8,x"), "--sizes must be whole numbers, got 'x'"),
        (("--vary", "seq_len"), "--vary must be SETTING=A,B"),
        (("--vary", "depth=1,2"), "unknown setting 'depth'"),
        (("--seeds", 0), "--seeds must be at least 1, got 0"),
        (("--parameters", 5000), "--parameters chooses the sizes. Leave --sizes out"),
        (("--plot", "a.gif"), "--plot must end in .png, .svg or .pdf"),
    ],
)
def test_a_command_line_that_cannot_be_is_one_line(rnngen, text, home: Path, options, message):
    ran = rnngen("compare", *text, *options)
    assert ran.exit_code == 2
    assert message in ran.error
    assert not home.exists()


def test_a_text_with_too_little_to_hold_out_is_refused_before_a_run(
    rnngen, text, home: Path, tmp_path: Path
):
    few = tmp_path / "few.txt"
    few.write_text("a few words\n")
    ran = rnngen("compare", few, *text[1:], "--quiet")
    assert ran.exit_code == 1
    assert ran.error == (
        "rnngen: too little text is held out to compare by: 1 of 65 tokens. Add text, hold out "
        "more with --valid-fraction, or name a second file with --valid."
    )
    assert not list(home.glob("few-compare/*/"))
    assert rnngen("compare", few, *text[1:], "--valid", text[0]).exit_code == 0


def test_a_budget_that_is_spent_at_once_is_too_small(rnngen, text):
    ran = rnngen("compare", *text[:-4], "--minutes", "0.00001", "--seeds", 1, "--quiet")
    assert ran.exit_code == 1
    assert "steps, too few to compare. Give it more --minutes." in ran.error


def test_values_are_numbers_words_or_switches():
    assert command._varied("seq_len=16, 64") == ("seq_len", [16, 64])
    assert command._varied("--learning-rate=1e-3,5e-3") == ("learning_rate", [1e-3, 5e-3])
    assert command._varied("skip=true,false") == ("skip", [True, False])
    assert command._varied("precision=fp32,bf16") == ("precision", ["fp32", "bf16"])
    with pytest.raises(ConfigError, match="must be SETTING=A,B"):
        command._varied("x")


def test_an_interrupted_comparison_says_how_to_go_on(program, text, home: Path):
    process = program("compare", *text[:-4], "--steps", "4000", "--seeds", "2")
    folder = home / "words-compare"
    wait_until(lambda: (folder / "lstm-8-seed0" / runs.LOG_FILE).exists(), process)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (130, b"")
    last = stderr.decode().splitlines()[-1]
    assert last == "stopped. Continue with: rnngen compare --resume --name words-compare"
    assert (folder / "lstm-8-seed0" / runs.TRAINING_FILE).is_file()
