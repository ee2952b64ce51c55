"""`rnngen chat`: in a pipe, and at a terminal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from rnngen.cli import conversation
from tests.conftest import ROOT

pytest.importorskip("pty")
from tests.terminal import Terminal

PROMPTS = "old pond\nfirst snow\n\nold pond\n"


@pytest.fixture
def haiku(home: Path) -> str:
    """The shipped model that writes haiku, under its name."""
    shutil.copytree(ROOT / "checkpoints" / "shipped" / "haiku", home / "haiku")
    return "haiku"


# In a pipe


@pytest.mark.parametrize("options", [(), ("--no-prompt",), ("-0",), ("--json",)])
def test_a_pipe_of_prompts_gets_the_texts_that_sample_gives_them(rnngen, model, options):
    texts = ("--seed", 3, "--length", 40, *options)
    said = rnngen("chat", model, *texts, "--quiet", input=PROMPTS)
    written = rnngen("sample", model, "--prompts", *texts, "--quiet", input=PROMPTS)
    assert said.exit_code == written.exit_code == 0
    assert said.stdout == written.stdout
    assert said.stderr == ""


def test_texts_of_a_form_are_those_of_sample_too(rnngen, haiku):
    prompts = "old pond\nfirst snow\n"
    said = rnngen("chat", haiku, "-s", 1, input="/form haiku\n/particles 4\n" + prompts)
    options = ("-s", 1, "--prompts", "--form", "haiku", "--particles", 4)
    assert said.stdout == rnngen("sample", haiku, *options, input=prompts).stdout


def test_settings_change_from_text_to_text(rnngen, model):
    lines = ["/length 5", "ab", "/temperature 0", "/length 9", "ab", "/temperature none", "/seed 1"]
    said = rnngen("chat", model, "--json", "-s", 1, input="\n".join([*lines, "ab"]))
    first, cold, again = map(json.loads, said.stdout.splitlines())
    assert (first["tokens"], cold["tokens"], again["tokens"]) == (5, 9, 9)
    assert (first["index"], cold["index"], again["index"]) == (0, 1, 0)
    options = ("--json", "--seed", 1)
    alone = json.loads(rnngen("sample", model, "ab", "--length", 9, *options).stdout)
    assert again == alone
    coldest = rnngen("sample", model, "ab", "--length", 9, "-t", 0, *options).stdout
    assert cold["text"] == json.loads(coldest)["text"]


def test_every_setting_of_sample_can_be_set_and_taken_back(rnngen, model):
    values = {
        "length": "9",
        "chars": "90",
        "min_chars": "2",
        "stop": "END",
        "until": "line",
        "temperature": "0.5,0.6",
        "top_k": "5",
        "top_p": ".9",
        "min_p": ".01",
        "typical": ".9",
        "repetition_penalty": "1.5",
        "repetition_window": "3",
        "bias": "a=1",
        "ban": "x",
        "best_of": "2",
        "form": "haiku",
        "seed": "7",
        "model": model,
    }
    assert set(conversation.CONFIG_FIELDS) - set(values) == {
        *("label", "novel", "beam")  # need other models
    }
    for field, value in values.items():
        name = conversation.slash(field)
        said = rnngen("chat", model, input=f"{name} {value}\n{name}\n{name} none\n{name}\n")
        if field in ("seed", "model", "form"):
            continue
        assert said.exit_code == 0, said.stderr
        given, back = said.stderr.splitlines()
        assert given.replace("0.", ".") == f"{name} {value}".replace("0.", ".")
        assert back != given


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("/temprature 1", 2, "there is no setting /temprature. Did you mean /temperature?"),
        ("/max-tokens 9", 2, "Did you mean /length?"),
        ("/temperature -1", 2, "/temperature must be at least 0, got -1.0."),
        ("/temperature warm", 2, "/temperature must be a number"),
        ("/length long", 2, "/length must be a whole number, got 'long'."),
        ("/until lines", 2, "got lines. Did you mean line?"),
        ("/particles 4", 2, "/particles needs a form. Set /form first."),
        ("/form hiaku", 2, "Did you mean haiku?"),
        ("/form acrostic", 2, "/acrostic WORD"),
        ("/form haiku", 1, "the model holds no word list"),
        ("/model nosie", 1, "Did you mean noise?"),
    ],
)
def test_a_wrong_line_in_a_pipe_ends_it_with_its_number(rnngen, model, line, code, message):
    said = rnngen("chat", model, "-q", input=f"ab\n{line}\nnot reached\n")
    assert said.exit_code == code
    assert said.stdout.startswith("ab")
    assert "not reached" not in said.stdout
    assert said.stderr.startswith("rnngen: stdin, line 2: ")
    assert message in said.stderr


def test_a_line_that_is_not_utf_8_is_named(rnngen, model):
    said = rnngen("chat", model, "-q", "--length", 5, input=b"ab\ncaf\xe9\n")
    assert said.exit_code == 2
    assert "stdin, line 2: not UTF-8 at byte 3" in said.stderr


def test_a_slash_is_doubled_to_begin_a_text_and_quit_ends(rnngen, model):
    said = rnngen("chat", model, "--length", 5, "-q", input="//x\n/quit\nnot reached\n")
    assert said.exit_code == 0
    assert said.stdout.startswith("/x")
    assert "not reached" not in said.stdout


def test_help_names_all_that_can_be_typed(rnngen, model):
    said = rnngen("chat", model, input="/help\n")
    assert said.stdout == ""
    assert all(f"  {name}" in said.stderr for name in conversation.NAMES)


def test_a_model_is_changed_and_the_settings_stay(rnngen, model, haiku):
    said = rnngen("chat", model, "--json", "-s", 1, input="/length 4\nab\n/model haiku\nab\n")
    first, second = map(json.loads, said.stdout.splitlines())
    assert first["tokens"] == second["tokens"] == 4
    [alone] = rnngen("sample", haiku, "--prompts", "-n", 2, "--json", "-s", 1, "--length", 4,
                     input="ab\n").stdout.splitlines()[1:]  # fmt: skip
    assert json.loads(alone) == second


def test_names_are_completed(home, model):
    assert "/temperature" in conversation.completions("/te")
    assert "haiku" in conversation.completions("/form h")
    assert model in conversation.completions("/model ")
    assert conversation.completions("old p") == [] == conversation.completions("")


# At a terminal


def prompts(count: int):
    """Whether so many prompts are shown, the last one to be typed at."""
    return lambda text: text.count("\n>") == count and text.endswith("\n>")


def test_a_person_types_lines_goes_back_to_them_and_leaves(home, haiku):
    with Terminal(["chat", haiku, "--seed", 1, "--length", 30]) as terminal:
        terminal.wait_for(prompts(1))
        terminal.type("old pond\n")
        first = terminal.wait_for(prompts(2))
        assert "\n> old pond\nold pond" in first
        terminal.type("\x1b[A\n")  # the arrow up
        assert terminal.wait_for(prompts(3)).count("\n> old pond\nold pond") == 2
        terminal.type("/temper\t 0\n/temper\t\n")
        assert "\n/temperature 0.0\n" in terminal.wait_for(prompts(5))
        terminal.type("/form hiaku\n")
        assert "Did you mean haiku?" in terminal.wait_for(prompts(6))
        terminal.type("\x04")
        assert terminal.end() == 0


def test_ctrl_c_stops_a_text_and_not_the_program(home, model):
    with Terminal(["chat", model, "--length", 10**9, "--quiet"], columns=200) as terminal:
        terminal.wait_for(">")
        terminal.type("/min-chars 999999999\nold pond\n")
        terminal.wait_for(lambda text: len(text) > 400)
        terminal.type("\x03")
        terminal.wait_for(lambda text: text.endswith("\n>"))
        terminal.type("/length\n")
        terminal.wait_for(f"\n/length {10**9}\n")
        terminal.type("half a line")
        terminal.wait_for("half a line")  # Ctrl-C takes away what is typed and not read
        terminal.type("\x03")
        terminal.wait_for(lambda text: "half a line" in text and text.endswith("\n>"))
        terminal.type("/quit\n")
        assert terminal.end() == 0


def test_model_text_cannot_steer_the_terminal(home, model):
    """A model of random bytes writes escapes all the time."""
    with Terminal(["chat", model, "--length", 300, "--seed", 1, "-q"]) as terminal:
        terminal.wait_for(">")
        before = len(terminal.bytes)
        terminal.type("old pond\n")
        terminal.wait_for(lambda text: text.endswith("\n>"))
        written = terminal.bytes[before:].split(b"old pond\r\n", 1)[1].rpartition(b"\r\n\r\n")[0]
    assert b"\\x" in written
    assert not set(written) & (set(range(0x20)) - {9, 10, 13})
