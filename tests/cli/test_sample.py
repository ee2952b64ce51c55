"""`rnngen sample` from the outside."""

from __future__ import annotations

import json
import shlex
import sys

import pytest

from rnngen import checkpoint, runs
from rnngen.api import LanguageModel
from rnngen.cli import app
from tests.models import small_model


def test_the_same_seed_gives_the_same_text_and_another_seed_another(rnngen, model, monkeypatch):
    monkeypatch.delenv("RNNGEN_SEED")
    first = rnngen("sample", model, "--seed", 3, "--length", 50)
    assert first.exit_code == 0
    assert first == rnngen("sample", model, "--seed", 3, "--length", 50)
    assert first.stdout != rnngen("sample", model, "--seed", 4, "--length", 50).stdout
    fresh = {rnngen("sample", model, "--length", 50).stdout for _ in range(3)}
    assert len(fresh) == 3


def test_the_first_of_many_is_the_one_alone(rnngen, model):
    alone = rnngen("sample", model, "--seed", 3, "--length", 30).stdout
    many = rnngen("sample", model, "--seed", 3, "--length", 30, "-n", 5).stdout
    assert many.startswith(alone.removesuffix("\n"))


@pytest.mark.parametrize("prompt", ["", "old pond", "Ünï¢öde 蛙 🐸", "a\nb"])
def test_the_prompt_begins_the_text(rnngen, model, prompt):
    ran = rnngen("sample", model, prompt, "--length", 5, "--seed", 1)
    assert ran.stdout.startswith(prompt)
    assert (
        ran.stdout == rnngen("sample", model, "-", "--length", 5, "--seed", 1, input=prompt).stdout
    )


def test_temperature_0_takes_the_likeliest_whatever_the_seed(rnngen, model):
    options = ("--length", 20, "--temperature", 0)
    texts = {rnngen("sample", model, *options, "--seed", seed).stdout for seed in range(5)}
    assert len(texts) == 1
    assert texts == {rnngen("sample", model, "--length", 20, "--top-k", 1).stdout}


def test_a_model_is_named_by_path_by_name_or_not_at_all(rnngen, home, model):
    options = ("--seed", 1, "--length", 20)
    by_name = rnngen("sample", model, *options).stdout
    assert by_name == rnngen("sample", home / model, *options).stdout
    assert by_name == rnngen("sample", home / model / "model.safetensors", *options).stdout
    assert by_name == rnngen("sample", "", *options).stdout


def test_a_prompt_with_characters_the_model_never_saw_is_warned_of(rnngen, home):
    (home / "plain").mkdir(parents=True)
    plain = small_model()
    plain.tokenizer.seen[ord("A") : ord("z")] = False
    checkpoint.save_model(home / "plain" / runs.MODEL_FILE, plain)
    ran = rnngen("sample", "plain", "ax 1", "--length", 3)
    assert ran.exit_code == 0
    assert "never seen: 'a', 'x'" in ran.stderr
    strict = rnngen("sample", "plain", "ax 1", "--strict")
    assert strict.exit_code == 2
    assert "'a', 'x'" in strict.error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--top-k", 0), "--top-k must be"),
        (("--top-p", 0), "--top-p must be above 0"),
        (("--top-p", 1.5), "--top-p must be"),
        (("--temperature", -1), "--temperature must be at least 0"),
        (("--length", 0), "--length must be"),
        (("-n", 0), "-n"),
        (("--seed", -1), "--seed"),
        (("--wrong",), "--wrong"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_one_line(rnngen, model, options, message):
    ran = rnngen("sample", model, *options)
    assert ran.exit_code == 2
    assert message in ran.error


def test_a_model_that_is_not_there_or_damaged_is_named(rnngen, home, model):
    ran = rnngen("sample", "nothing")
    assert ran.exit_code == 1
    assert "no model called 'nothing'" in ran.error
    assert model in ran.error
    path = home / model / runs.MODEL_FILE
    content = path.read_bytes()
    for damaged in (content[:100], content[:-1], content[:-5] + b"xxxxx", b"", b"PK\3\4"):
        path.write_bytes(damaged)
        ran = rnngen("sample", model)
        assert ran.exit_code == 1
        assert str(path) in ran.error


def test_a_prompt_that_is_not_utf_8_is_refused(rnngen, model):
    assert "UTF-8" in rnngen("sample", model, "-", input=b"caf\xe9").error


def test_a_reader_that_leaves_early_ends_it_silently(program, model):
    process = program("sample", model, "-n", 100000, "--length", 20)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""


def test_info_of_a_model_is_json_with_the_documented_keys(rnngen, model):
    facts = json.loads(rnngen("info", model, "--json").stdout)
    documented = {"name", "path", "cell", "tokenizer", "parameters", "step", "corpus", "training"}
    assert documented <= facts.keys()
    assert "LSTM" in rnngen("info", model).stdout


# Ends, prompts, many texts.


def test_json_lines_hold_what_was_written_and_how_likely_it_was(rnngen, model):
    lines = rnngen("sample", model, "ab", "--seed", 7, "-n", 3, "--chars", 9, "--json").stdout
    texts = [json.loads(line) for line in lines.splitlines()]
    assert [text["index"] for text in texts] == [0, 1, 2]
    for text in texts:
        assert text["seed"] == 7
        assert text["prompt"] == "ab"
        assert text["stop_reason"] in ("chars", "end")
        assert len(text["text"]) <= 9
        assert text["log_probability"] < 0
        assert text["bits_per_character"] > 0
    plain = rnngen("sample", model, "ab", "--seed", 7, "-n", 3, "--chars", 9, "-0").stdout
    assert plain == "".join("ab" + text["text"] + "\0" for text in texts)
    alone = rnngen("sample", model, "ab", "--seed", 7, "--chars", 9, "-0").stdout
    assert plain.startswith(alone)


def test_prompts_are_lines_each_with_its_own_texts(rnngen, model):
    options = ("--prompts", "--seed", 1, "--length", 4, "-n", 2, "--json")
    ran = rnngen("sample", model, *options, input="one\ntwo\n")
    assert [json.loads(line)["prompt"] for line in ran.stdout.splitlines()] == [
        "one",
        "one",
        "two",
        "two",
    ]
    assert "at least one line" in rnngen("sample", model, "--prompts", input="").error


def test_a_prompt_from_a_file_is_one_from_an_argument(rnngen, model, tmp_path):
    (tmp_path / "p.txt").write_text("old pond\n")
    options = ("--seed", 1, "--length", 4)
    expected = rnngen("sample", model, "old pond", *options).stdout
    assert rnngen("sample", model, "-f", tmp_path / "p.txt", *options).stdout == expected
    assert expected.startswith("old pond")
    bare = rnngen("sample", model, "old pond", "--no-prompt", *options).stdout
    assert expected == "old pond" + bare
    both = rnngen("sample", model, "x", "-f", tmp_path / "p.txt")
    assert "Leave one of them out" in both.error
    assert "no.txt" in rnngen("sample", model, "-f", "no.txt").error


def test_a_model_is_named_by_an_option_so_that_a_prompt_stands_alone(rnngen, model, monkeypatch):
    expected = rnngen("sample", model, "old pond", "--seed", 5, "--temperature", 0.5, "--length", 9)
    short = ("-s", 5, "-t", 0.5, "--length", 9)
    assert rnngen("sample", "-m", model, "old pond", *short) == expected
    assert rnngen("sample", "old pond", "--model", model, *short) == expected
    monkeypatch.setenv("RNNGEN_MODEL", "nothing")
    assert rnngen("sample", "-m", model, "old pond", *short) == expected
    alone = rnngen("sample", model, *short).stdout
    assert rnngen("sample", "-m", model, *short).stdout == alone
    twice = rnngen("sample", "-m", model, "noise", "old pond")
    assert twice.exit_code == 2
    assert "the one argument left is the prompt, got 'noise' and 'old pond'" in twice.error


def test_a_prompt_without_a_model_is_told_where_it_belongs(rnngen, model):
    for prompt in ("old pond", "moonlight"):
        ran = rnngen("sample", prompt)
        assert ran.exit_code == 1
        assert f"then the prompt: rnngen sample {model} {shlex.quote(prompt)}" in ran.error
    for name in ("nosie", "./moonlight", "old/pond"):
        assert "then the prompt" not in rnngen("sample", name).error
    assert "then the prompt" not in rnngen("sample", "moonlight", "old pond").error


def test_an_empty_stop_asks_for_nothing(rnngen, model):
    options = ("--seed", 1, "--length", 9)
    assert rnngen("sample", model, "--stop", "", *options) == rnngen("sample", model, *options)


def test_without_memory_the_options_named_are_those_of_the_command(rnngen, model, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(LanguageModel, "stream", full)
    ran = rnngen("sample", model)
    assert ran.exit_code == 1
    assert "--particles" in ran.error
    assert "--batch-size" not in ran.error


def test_temperatures_take_turns(rnngen, model):
    options = ("--seed", 2, "--length", 20, "--json", "-n", 4)
    ran = rnngen("sample", model, *options, "--temperature", "0,1")
    mixed = [json.loads(line)["text"] for line in ran.stdout.splitlines()]
    cold, warm = (
        [
            json.loads(line)["text"]
            for line in rnngen("sample", model, *options, *t).stdout.split("\n")[:4]
        ]
        for t in (("--greedy",), ("--temperature", "1"))
    )
    assert mixed == [cold[0], warm[1], cold[2], warm[3]]


@pytest.mark.parametrize("options", [("--stop", r"\n"), ("--until", "line")])
def test_a_text_ends_where_it_is_told_to(rnngen, model, options):
    for seed in range(5):
        bias = ("--bias", r"\n=3", "--length", 200, "--seed", seed, "--no-prompt")
        text = rnngen("sample", model, "x", *options, *bias).stdout
        assert text.count("\n") <= 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--temperature", "warm"), "--temperature must be a number, a list"),
        (("--temperature", "0:1:0"), "--temperature must be a number, a list"),
        (("--greedy", "--temperature", "0.5"), "--greedy means --temperature 0"),
        (("--bias", "moon"), "--bias must be TEXT=VALUE"),
        (("--bias", "moon=far"), "--bias must be TEXT=VALUE"),
        (("--until", "page"), "--until must be one of"),
        (("--beam", 0), "--beam must be"),
        (("--beam", 2, "--best-of", 2), "--beam"),
        (("--min-p", 2), "--min-p must be"),
        (("--out-dir", "/dev/null/x"), "/dev/null/x"),
    ],
)
def test_more_options_that_cannot_be_are_refused_in_one_line(rnngen, model, options, message):
    ran = rnngen("sample", model, *options)
    assert ran.exit_code in (1, 2)
    assert message in ran.error


def test_the_environment_names_the_model_and_the_seed(rnngen, model, monkeypatch):
    expected = rnngen("sample", model, "--seed", 5, "--length", 9).stdout
    monkeypatch.setenv("RNNGEN_MODEL", model)
    monkeypatch.setenv("RNNGEN_SEED", "5")
    assert rnngen("sample", "--length", 9).stdout == expected


def test_each_piece_of_a_text_is_out_before_the_next_is_written(model, tmp_path, monkeypatch):
    out = tmp_path / "out.txt"
    given, found = "ab", []
    original = LanguageModel.stream

    def watched(self, *arguments, **options):
        nonlocal given
        for piece in original(self, *arguments, **options):
            found.append((out.read_text("utf-8"), given))
            yield piece
            given += piece

    monkeypatch.setattr(LanguageModel, "stream", watched)
    with out.open("w", encoding="utf-8", newline="\n") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        app(["sample", model, "ab", "--length", "100", "--seed", "2"], standalone_mode=False)
    assert len(found) > 20
    for there, before in found:
        assert there == before
