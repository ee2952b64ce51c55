"""Wrong command lines: what is suggested."""

from __future__ import annotations

import pytest

from rnngen.cli import usage


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
        ("sample haiku --frob", "no option --frob. rnngen sample --help lists the options."),
        ("sample haiku old pond", 'needs quotes: rnngen sample MODEL "old pond"'),
        ("info haiku more", "one argument too many: more."),
    ],
)
def test_a_wrong_word_is_answered_by_the_right_one(rnngen, line: str, said: str):
    ran = rnngen(*line.split())
    assert ran.exit_code == 2
    assert said in ran.error


def test_a_shell_without_completion_is_named(monkeypatch, capsys):
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("sh", "/bin/sh"))
    with pytest.raises(SystemExit) as stop:
        usage.check_shell("--install-completion")
    assert stop.value.code == 1
    assert "sh completes no options." in capsys.readouterr().err
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("zsh", "/bin/zsh"))
    usage.check_shell("--install-completion")
