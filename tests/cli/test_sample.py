"""`rnngen sample` from the outside."""

from __future__ import annotations

import subprocess

import pytest

from rnngen import checkpoint
from tests.models import small_model


def test_the_same_seed_gives_the_same_text_and_another_seed_another(rnngen, model):
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
    checkpoint.save_model(home / "plain" / checkpoint.MODEL_FILE, plain)
    ran = rnngen("sample", "plain", "ax 1", "--length", 3)
    assert ran.exit_code == 0
    assert "never saw 'a', 'x'" in ran.stderr
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
    path = home / model / checkpoint.MODEL_FILE
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
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = subprocess.DEVNULL  # type: ignore[assignment]
    assert process.wait(60) == 141
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_info_of_a_model_is_json_with_the_documented_keys(rnngen, model):
    import json

    facts = json.loads(rnngen("info", model, "--json").stdout)
    documented = {"name", "path", "cell", "tokenizer", "parameters", "step", "corpus", "training"}
    assert documented <= facts.keys()
    assert "lstm" in rnngen("info", model).stdout
