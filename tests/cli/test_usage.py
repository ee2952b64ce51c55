"""Wrong command lines: what is suggested."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from rnngen.cli import usage
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sampl haiku", "no command 'sampl'. Did you mean sample?"),
        ("generate haiku", "Did you mean sample?"),
        ("frobnicate", "rnngen --help lists them."),
        ("sample haiku --temp 0.5", "Did you mean --temperature?"),
        ("sample haiku --max-tokens 9", "Did you mean --length?"),
        ("train text --lr 1", "Did you mean --learning-rate?"),
        ("sample haiku --num 3", "Did you mean --number?"),
        ("sample haiku --max-length 9", "Did you mean --length?"),
        ("sample haiku --nucleus 0.9", "Did you mean --top-p?"),
        ("sample haiku --output x", "Did you mean --out?"),
        ("repl haiku", "Did you mean chat?"),
        ("sample haiku --until lines", "got lines. Did you mean line?"),
        ("sample haiku --form hiaku", "unknown form 'hiaku'. Did you mean haiku?"),
        ("--foo", "rnngen has no option --foo. rnngen --help lists the options."),
        ("--versoin", "rnngen has no option --versoin. Did you mean --version?"),
        ("-V", "rnngen has no option -V. Did you mean --version?"),
        ("sample haiku --length x", "--length must be a whole number, got 'x'."),
        ("sample haiku -n 1.5", "--number must be a whole number, got '1.5'."),
        ("sample haiku --top-p a", "--top-p must be a number, got 'a'."),
        ("sample haiku --length", "--length needs a value."),
        ("train text --tie-weights=3", "--tie-weights takes no value."),
        ("check text --against text --span 0", "--span must be at least 1, got 0."),
        ("sample haiku --json -0", "--json ends each text with a newline, --null with a NUL."),
        ("chat haiku --json -0", "--json ends each text with a newline, --null with a NUL."),
        ("train text --config run.toml", "unknown setting 'lr'. Did you mean learning_rate?"),
        ("sample haiku --form-file mine.toml", "unknown key 'line'. Did you mean lines?"),
        ("sample haiku --form-file unit.toml", "got 'syllable'. Did you mean syllables?"),
        ("check text --form haiku --documents lines", "got lines. Did you mean line?"),
        ("plot --y bit", "got 'bit'. Did you mean bits?"),
        ("sample haiku --frob", "no option --frob. rnngen sample --help lists the options."),
        ("sample haiku old pond", 'needs quotes: rnngen sample MODEL "old pond"'),
        ("info haiku more", "one argument too many: more."),
    ],
)
def test_a_wrong_word_is_answered_by_the_right_one(rnngen, line: str, said: str):
    Path("run.toml").write_text("lr = 1\n")
    Path("mine.toml").write_text('name = "mine"\nunit = "words"\nline = [5]\n')
    Path("unit.toml").write_text('name = "mine"\nunit = "syllable"\nlines = [5]\n')
    Path("text").write_text("old pond\n")
    ran = rnngen(*line.split())
    assert ran.exit_code == 2
    assert said in ran.error


@pytest.mark.parametrize(
    "line",
    [
        "check poem.tx --form haiku",
        "tokenize poem.tx",
        "sample noise -f poem.tx",
        # One code for all, whatever names the file.
        "check poem.txt --form-file poem.tx",
        "sample noise --form-file poem.tx",
        "train poem.txt --config poem.tx",
        "train poem.txt --valid poem.tx",
        "check poem.txt --against poem.tx",
        "explain noise old --on poem.tx",
    ],
)
def test_a_file_that_is_not_there_is_answered_by_one_that_is(rnngen, model, line: str):
    Path("poem.txt").write_text("old pond\n")
    ran = rnngen(*line.split())
    assert ran.exit_code == 1
    assert "Did you mean poem.txt?" in ran.error


def test_a_shell_without_completion_is_named(monkeypatch, capsys):
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("sh", "/bin/sh"))
    with pytest.raises(SystemExit) as stop:
        usage.check_shell("--install-completion")
    assert stop.value.code == 1
    assert "sh completes no options." in capsys.readouterr().err
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("zsh", "/bin/zsh"))
    usage.check_shell("--install-completion")


def test_an_interrupt_before_the_program_is_there_ends_it_without_a_word(program, home):
    """While the command line itself is imported, which a package in its place never finishes."""
    (home / "slow" / "typer").mkdir(parents=True)
    (home / "slow" / "typer" / "__init__.py").write_text(
        "import time\nprint('importing', flush=True)\ntime.sleep(60)\n"
    )
    process = program("--version", env={"PYTHONPATH": f"{home / 'slow'}:{ROOT}"})
    assert process.stdout.readline() == b"importing\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
