"""Forms from the outside: `sample --form`, `check --form` and `forms`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnngen import checkpoint, runs, tokenizers
from rnngen.config import ModelConfig
from rnngen.forms import budget, spec
from rnngen.forms.language import lexicon
from rnngen.model.shapes import tensor_shapes
from rnngen.training.plan import resumed_plan
from tests.conftest import ROOT
from tests.models import small_model

HAIKU = (ROOT / "corpora" / "haiku.txt").read_text(encoding="utf-8")[:40_000]
TANG = "\u5e8a\u524d\u660e\u6708\u5149 \u7591\u662f\u5730\u4e0a\u971c\n\n" * 30


class Documents(list[str]):
    """Texts as a corpus gives them."""

    def pieces(self):
        return ((text, True) for text in self)


def untrained(text: str, kind: str = "char") -> checkpoint.Model:
    """A model of `text` with random weights: what it writes fits because of the form alone."""
    documents = Documents(text.strip().split("\n\n"))
    size = {"vocab_size": 400} if kind == "subword" else {}
    tokenizer = tokenizers.train(kind, documents, **size)
    config = ModelConfig(
        vocab_size=tokenizer.vocab_size, embedding_dim=8, hidden_size=8, num_layers=1
    )
    rng = np.random.default_rng(1)
    weights = {
        name: (rng.standard_normal(shape) * 0.3).astype(np.float32)
        for name, shape in tensor_shapes(config).items()
    }
    words = lexicon.of_texts(documents, continuous=False).to_tensors()
    return checkpoint.Model(config, weights, tokenizer, False, {}, lexicon=words)


@pytest.fixture(scope="module")
def models() -> dict[str, checkpoint.Model]:
    made = {kind: untrained(HAIKU, kind) for kind in ("char", "subword")}
    return {**made, "tang": untrained(TANG), "old": small_model()}


@pytest.fixture
def shelf(home: Path, models) -> Path:
    """The models, to be named."""
    for name, model in models.items():
        (home / name).mkdir(parents=True)
        checkpoint.save_model(home / name / runs.MODEL_FILE, model)
    return home


@pytest.mark.parametrize("kind", ["char", "subword"])
@pytest.mark.parametrize("form", ["haiku", "limerick", "tweet"])
def test_every_text_has_its_form_by_the_checker(rnngen, shelf, kind, form):
    written = rnngen("sample", kind, "--form", form, "-n", 4, "--seed", 1, "--particles", 4)
    assert written.exit_code == 0, written.stderr
    checked = rnngen("check", "--form", form, "--json", input=written.stdout)
    assert checked.exit_code == 0, checked.stdout
    verdicts = [json.loads(line) for line in checked.stdout.splitlines()]
    assert [v["verdict"] for v in verdicts] == ["exact"] * 4
    assert len(set(written.stdout.split("\n\n"))) == 4


def test_a_trained_model_writes_forms_and_a_resumed_run_keeps_its_words(rnngen, home, tmp_path):
    (tmp_path / "haiku.txt").write_text(HAIKU)
    small = ("--hidden-size", 16, "--num-layers", 1, "--seed", 1, "--quiet")
    assert rnngen("train", tmp_path / "haiku.txt", *small, "--steps", 3).exit_code == 0
    written = rnngen("sample", "haiku", "--form", "haiku", "--seed", 1)
    checked = rnngen("check", "--form", "haiku", input=written.stdout)
    assert checked.exit_code == 0
    assert checked.stdout.startswith("   1  exact     5-7-5")
    kept = checkpoint.load_model(home / "haiku" / runs.MODEL_FILE).lexicon
    again = resumed_plan(home / "haiku").lexicon
    assert {name: array.tolist() for name, array in kept.items()} == {
        name: array.tolist() for name, array in again.items()
    }


def test_continuous_text_is_one_document_and_no_word_is_cut():
    class Stretches:
        def pieces(self):
            return iter([("the old po", False), ("nd\nthe fr", False), ("og sleeps", True)])

    found = lexicon.of_texts(Stretches(), continuous=True)
    assert found.words == ("frog", "old", "pond", "sleeps", "the")
    assert found.documents.sum(axis=1).tolist() == [1, 1, 1]


def test_text_i_is_the_same_however_many_are_asked_for(rnngen, shelf):
    options = ("sample", "char", "--form", "haiku", "--seed", 3, "--particles", 9, "--json")
    few, many = (rnngen(*options, "-n", n).stdout.splitlines() for n in (2, 40))
    assert many[:2] == few
    texts = [json.loads(line)["text"] for line in many]
    assert len(set(texts)) == 40


def test_the_prompt_counts_and_is_told_apart(rnngen, shelf):
    ran = rnngen("sample", "char", "the old ", "--form", "haiku", "-n", 2, "--json", "--seed", 1)
    for line in ran.stdout.splitlines():
        facts = json.loads(line)
        assert facts["prompt"] == "the old "
        assert facts["form"] == "haiku"
        assert facts["log_form"] < 0
        assert 1 <= facts["effective"] <= 16.001
        whole = facts["prompt"] + facts["text"]
        assert rnngen("check", "--form", "haiku", input=whole).exit_code == 0
    bare = rnngen("sample", "char", "the old ", "--form", "haiku", "--no-prompt", "--seed", 1)
    assert bare.stdout == json.loads(ran.stdout.splitlines()[0])["text"] + "\n"


def test_each_prompt_has_texts_of_its_own(rnngen, shelf):
    options = ("--prompts", "--form", "haiku", "-n", 2, "--particles", 2, "-0")
    texts = rnngen("sample", "char", *options, input="the old\na little\n").stdout.split("\0")
    assert [text[:5] for text in texts[:-1]] == ["the o", "the o", "a lit", "a lit"]


def test_an_acrostic_spells_its_word(rnngen, shelf):
    written = rnngen("sample", "char", "--acrostic", "Moon", "--top-p", 0.9, "--particles", 4)
    assert "".join(line[0] for line in written.stdout.splitlines()).lower() == "moon"
    held = rnngen("check", "--acrostic", "Moon", input=written.stdout)
    assert held.exit_code == 0
    assert rnngen("check", "--acrostic", "Noon", input=written.stdout).exit_code == 3


def test_each_text_may_go_to_a_file_of_its_own(rnngen, shelf, tmp_path):
    rnngen("sample", "char", "--form", "haiku", "-n", 2, "--out-dir", tmp_path / "poems")
    files = sorted((tmp_path / "poems").iterdir())
    assert [file.name for file in files] == ["0001.txt", "0002.txt"]
    assert rnngen("check", *files, "--form", "haiku").exit_code == 0


def test_a_form_of_ones_own_is_a_file(rnngen, shelf, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(rnngen("forms", "haiku").stdout.replace("[5, 7, 5]", "[3, 5]"))
    written = rnngen("sample", "char", "--form-file", mine, "-n", 2).stdout
    checked = rnngen("check", "--form-file", mine, "--json", input=written)
    assert checked.exit_code == 0
    lines = [json.loads(line)["lines"] for line in checked.stdout.splitlines()]
    assert [[line["counts"] for line in text] for text in lines] == [[[3], [5]]] * 2


CONTRADICTORY = 'name = "x"\nunit = "words"\nlines = [3, 3]\nrhyme = "AAA"\n'
UNFILLABLE = 'name = "x"\nunit = "words"\nlines = [3, 3]\nacrostic = "\u00f8a"\n'


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("tang", "--form", "haiku"), 1, "syllables are counted in English, and 0%"),
        (("old", "--form", "haiku"), 1, "the model holds no word list"),
        (("char", "somebody left a window open", "--form", "haiku"), 1, "the prompt breaks"),
        (("char", "--form", "sonnet"), 2, "unknown form 'sonnet'. There are: acrostic, couplet"),
        (("char", "--form", "acrostic"), 2, "--acrostic WORD"),
        (("char", "--form", "haiku", "--form-file", "x.toml"), 2, "Leave one of them out"),
        (("char", "--form-file", "contradictory.toml"), 2, "contradictory.toml: rhyme has 3"),
        (("char", "--form-file", "unfillable.toml"), 1, "line 1: no words of the model that begin"),
        (("char", "--form-file", "absent.toml"), 1, "absent.toml: No such file"),
        (("char", "--particles", 4), 2, "--particles needs a form"),
        (("char", "--budget-ms", 40), 2, "--budget-ms needs a form"),
        (
            ("char", "--form", "haiku", "--budget-ms", 40, "--particles", 2),
            2,
            "--budget-ms chooses the --particles; leave one of them out",
        ),
        (("char", "--form", "haiku", "--words", "any"), 2, "--words must be one of"),
        (("char", "--form", "haiku", "--novel", 30), 2, "--novel needs the index"),
        (("char", "--form", "haiku", "--temperature", "0.5,1"), 2, "--temperature takes one"),
        (("char", "--form", "haiku", "--greedy", "-n", 2), 2, "one text only"),
        (("char", "--form", "haiku", "--stop", "x"), 2, "--stop has no effect with --form"),
        (("char", "--form", "haiku", "--until", "line"), 2, "--until has no effect"),
        (("char", "--form", "haiku", "--chars", 9), 2, "--chars has no effect"),
        (("char", "--form", "haiku", "--length", 9), 2, "--length has no effect"),
        (("char", "--form", "haiku", "--beam", 2), 2, "--beam has no effect"),
        (("char", "--form", "haiku", "--typical", 0.9), 2, "--typical has no effect"),
        (("char", "--form", "haiku", "--ban", "x"), 2, "--ban has no effect"),
        (("char", "--form", "haiku", "--bias", "x=1"), 2, "--bias has no effect"),
        (("char", "--form", "haiku", "--repetition-penalty", 2), 2, "--repetition-penalty has no"),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_nothing_is_printed(
    rnngen, shelf, arguments, code, message
):
    Path("contradictory.toml").write_text(CONTRADICTORY)
    Path("unfillable.toml").write_text(UNFILLABLE)
    ran = rnngen("sample", *arguments)
    assert ran.exit_code == code, ran.stderr
    assert message in ran.error


def test_a_text_that_may_be_read_in_two_ways_is_possible_and_one_that_has_no_form_fails(rnngen):
    doubtful = "the old pond is still\na frog leaps into the fire\nthe sound of water"
    ran = rnngen("check", "--form", "haiku", input=doubtful)
    assert ran.exit_code == 0
    assert ran.stdout.startswith("   1  possible  5-7/8-5")
    ran = rnngen("check", "--form", "haiku", input=doubtful + "\n\nold pond")
    assert ran.exit_code == 3
    assert "wanted 3" in ran.stdout.splitlines()[1]
    assert ran.stderr == "1 of 2 texts do not have the form\n"


def test_a_budget_chooses_particles_that_then_give_the_same_text(rnngen, shelf, monkeypatch):
    def three(milliseconds, write, clock):
        assert milliseconds == 40
        write(0, 2)
        return 3

    monkeypatch.setattr(budget, "particles_within", three)
    options = ("sample", "char", "--form", "haiku", "--seed", 3, "--json")
    within = rnngen(*options, "--budget-ms", 40).stdout
    assert json.loads(within)["particles"] == 3
    assert rnngen(*options, "--particles", 3).stdout == within


def test_form_and_copies_are_checked_in_one_run(rnngen, tmp_path):
    (tmp_path / "corpus.txt").write_text("the sound of water")
    options = ("--form", "haiku", "--against", tmp_path / "corpus.txt")
    text = "the old pond is still\na frog leaps into the pond\nthe sound of water"
    [line] = rnngen("check", *options, "--json", input=text).stdout.splitlines()
    facts = json.loads(line)
    assert (facts["verdict"], facts["copied"]) == ("exact", "the sound of water")
    assert [word["counts"] for word in facts["lines"][2]["words"]] == [[1], [1], [1], [2]]
    assert len(rnngen("check", *options, input=text).stdout.splitlines()) == 2
    assert rnngen("check", *options, "--novel", 18, input=text).exit_code == 3


def test_the_forms_are_listed_and_their_files_read_back(rnngen):
    listed = rnngen("forms").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(spec.builtin_names())
    forms = [json.loads(line) for line in rnngen("forms", "--json").stdout.splitlines()]
    for facts in forms:
        assert spec.parse(facts, "it") == spec.load(facts["name"])
        assert rnngen("forms", facts["name"]).stdout == spec.source(facts["name"])
        if facts["name"] != "acrostic":
            checked = rnngen("check", "--form", facts["name"], input=facts["example"])
            assert checked.exit_code == 0, checked.stdout


NUMBERS = st.one_of(
    st.integers(-3, 300), st.floats(-2, 3), st.sampled_from([10**30, 1e-60, "nan", "inf", "", "x"])
)
OPTIONS = {
    **dict.fromkeys(
        [
            *("--temperature", "--top-k", "--top-p", "--min-p", "--seed", "--novel"),
            *("--particles", "--budget-ms"),
        ],
        NUMBERS,
    ),
    "--form": st.sampled_from(["haiku", "couplet", "tweet", "acrostic", "ode", ""]),
    "--acrostic": st.text(max_size=3),
    "--words": st.sampled_from(["corpus", "dictionary", "any"]),
    "--until": st.just("line"),
}
COMMAND_LINES = st.lists(
    st.sampled_from(sorted(OPTIONS)).flatmap(
        lambda name: OPTIONS[name].map(lambda value: f"{name}={value}")
    ),
    max_size=4,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=COMMAND_LINES, prompt=st.text(max_size=4))
def test_any_options_end_with_a_text_or_one_line(rnngen, shelf, arguments, prompt):
    ran = rnngen("sample", "char", "--form=haiku", "--particles=2", *arguments, "--", prompt)
    assert ran.exit_code in (0, 1, 2)
    assert "Traceback" not in ran.stderr
    assert ran.exit_code == 0 or not ran.stdout


def test_no_text_copies_what_it_must_not(rnngen, shelf, models, home):
    from rnngen import novelty

    index = novelty.build(Documents(HAIKU.split("\n\n")))
    model = dataclasses.replace(models["char"], novelty=index)
    checkpoint.save_model(home / "char" / runs.MODEL_FILE, model)
    options = ("--form", "haiku", "-n", 5, "--particles", 2, "--json")
    for line in rnngen("sample", "char", *options, "--novel", 20).stdout.splitlines():
        assert json.loads(line)["longest_copied"] < 20
