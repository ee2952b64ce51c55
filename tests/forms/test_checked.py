"""From a model to texts on the page, with n-gram models of the shipped corpora."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen import cores
from rnngen.errors import FormError
from rnngen.forms.checked import CheckedSearch
from rnngen.forms.checker import check
from rnngen.forms.distinct import DistinctTexts
from rnngen.forms.language.lexicon import Lexicon, build
from rnngen.forms.search import Attempt, SearchSettings
from rnngen.forms.spec import FormSpec, load, parse
from tests.forms.doubles import ContextRuntime, NgramModel

FEW = SearchSettings(seed=1, particles=8)
SEEDS = 8
Model = tuple[NgramModel, Lexicon]


def model(documents: list[str], order: int, subwords: list[str]) -> Model:
    return NgramModel(documents, order, subwords), build(documents)


def frequent(documents: list[str], count: int) -> list[str]:
    """The most frequent words of the text, each with the space before it, and some endings."""
    words = Counter(word for text in documents for word in text.split())
    return [f" {word}" for word, _ in words.most_common(count)] + ["ing", "er", ", ", ".\n", "he"]


@pytest.fixture(scope="module", params=["characters", "subwords"])
def haiku(request: Any) -> Model:
    text = (Path(__file__).parents[2] / "corpora" / "haiku.txt").read_text(encoding="utf-8")
    documents = text.strip().split("\n\n")[:1500]
    subwords = frequent(documents, 300) if request.param == "subwords" else []
    return model(documents, 3 if subwords else 5, subwords)


@pytest.fixture(scope="module", params=["characters", "subwords"])
def prose(request: Any) -> Model:
    """Posts run together as one long document, to be broken by the form."""
    text = (Path(__file__).parents[2] / "corpora" / "posts.txt").read_text(encoding="utf-8")
    documents = [" ".join(text.split("\n")[:600])]
    subwords = frequent(documents, 300) if request.param == "subwords" else []
    return model(documents, 3 if subwords else 5, subwords)


def texts(
    chosen: Model, spec: FormSpec, count: int, settings: SearchSettings = FEW, **more: str
) -> list[str]:
    double, lexicon = chosen
    search = CheckedSearch(double.runtime, double, lexicon, spec, **more)
    return [written.drawn.text for written in search.texts(map(Attempt, range(count)), settings)]


def test_haiku_are_exact_and_differ(haiku: Model) -> None:
    found = texts(haiku, load("haiku"), 12)
    assert len(set(found)) == 12
    assert {check(text, load("haiku")).verdict for text in found} == {"exact"}


def test_prose_is_broken_by_the_form_and_ends_with_a_sentence(prose: Model) -> None:
    found = texts(prose, load("haiku"), 10)
    assert {check(text, load("haiku")).verdict for text in found} == {"exact"}
    assert all(text[-1] in ".!?" for text in found)


@pytest.mark.parametrize("name", ["limerick", "couplet", "quatrain", "tanka"])
def test_a_form_that_rhymes_is_always_found(haiku: Model, name: str) -> None:
    spec = load(name)
    for text in texts(haiku, spec, 3):
        assert check(text, spec).verdict == "exact"


def test_eight_particles_find_a_limerick_for_every_seed(haiku: Model) -> None:
    """From a model that knows nothing, so that the form alone must lead to the rhymes."""
    double, lexicon = haiku
    logits = np.random.default_rng(1).normal(size=double.vocab_size)
    runtime = ContextRuntime(double.vocab_size, 0, lambda context: logits)
    search = CheckedSearch(runtime, double, lexicon, load("limerick"))
    for seed in range(SEEDS):
        [written] = search.texts([Attempt(0)], SearchSettings(seed=seed, particles=8))
        assert written.verdict.verdict == "exact"


def test_an_acrostic_spells_its_word(haiku: Model) -> None:
    for text in texts(haiku, load("acrostic").with_acrostic("Moon"), 3):
        assert "".join(line[0] for line in text.split("\n")).lower() == "moon"


def test_a_tweet_fits(prose: Model) -> None:
    for text in texts(prose, load("tweet"), 4):
        assert check(text, load("tweet")).verdict == "exact"
        assert text[-1] in ".!?"


def test_a_prompt_is_kept_and_counted(haiku: Model) -> None:
    for text in texts(haiku, load("haiku"), 5, prompt="old pond, the um"):
        assert text.startswith("old pond, the um")
        assert check(text, load("haiku")).verdict == "exact"


def test_a_prompt_with_a_word_said_in_two_ways_is_possible(haiku: Model) -> None:
    for text in texts(haiku, load("haiku"), 2, prompt="the fire "):
        assert check(text, load("haiku")).verdict in ("exact", "possible")


@pytest.mark.parametrize("prompt", ["mr lee", "old pond", "first warm afternoon"])
def test_nothing_is_joined_to_the_last_word_of_a_prompt(haiku: Model, prompt: str) -> None:
    """By a model that would rather write a hyphen than anything else."""
    double, lexicon = haiku
    logits = np.zeros(double.vocab_size)
    logits[[place for place, piece in enumerate(double.pieces) if piece.startswith(b"-")]] = 9.0
    runtime = ContextRuntime(double.vocab_size, 0, lambda context: logits)
    search = CheckedSearch(runtime, double, lexicon, load("haiku"), prompt=prompt)
    for written in search.texts(map(Attempt, range(6)), FEW):
        after = written.drawn.text.removeprefix(prompt)
        assert after[:1].isalpha() or after[:1] in " \n,.;:!?\u2026\u2014", after


def test_abbreviations_in_a_prompt_count_as_they_are_said(haiku: Model) -> None:
    for text in texts(haiku, load("haiku"), 3, prompt="mr lee "):
        assert check(text, load("haiku")).verdict == "exact"


def test_a_text_whose_capitals_can_be_read_in_two_ways_is_drawn_again() -> None:
    """US is us or U.S.: a model that writes both writes only texts that are read in one way."""
    small = "us in the snow\nand then us again here\nus in the snow"
    documents = [small] * 20 + [small.replace("us", "US")] * 20
    double, lexicon = NgramModel(documents, 3), build(documents)
    spec = parse({"name": "t", "unit": "syllables", "lines": [4, 6, 4]}, "t.toml")
    search = CheckedSearch(double.runtime, double, lexicon, spec)
    for written in search.texts(map(Attempt, range(6)), FEW):
        assert written.verdict.verdict == "exact"
        assert "US" not in written.drawn.text


def test_a_prompt_too_long_for_its_line_is_refused(haiku: Model) -> None:
    with pytest.raises(FormError, match="the prompt breaks the form: no text that fits begins"):
        texts(haiku, load("haiku"), 1, prompt="somebody left a window open")


def test_the_same_seed_writes_the_same_bytes_however_many(haiku: Model) -> None:
    spec = load("haiku")
    found = texts(haiku, spec, 3)
    assert found == texts(haiku, spec, 6)[:3]
    assert found != texts(haiku, spec, 3, SearchSettings(seed=2, particles=8))


def test_processes_write_the_texts_of_one(haiku: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    double, lexicon = haiku
    search = CheckedSearch(double.runtime, double, lexicon, load("haiku"))
    found = []
    for processes in (1, 2):
        monkeypatch.setattr(cores, "_limit", processes)
        found.append(
            [w.drawn for w in DistinctTexts().texts(search, range(12), SearchSettings(particles=2))]
        )
    assert found[0] == found[1]
    assert len({drawn.text for drawn in found[0]}) == 12


def test_a_corpus_that_is_not_english_is_refused_for_syllables() -> None:
    chinese = model(["\u5e8a\u524d\u660e\u6708\u5149 \u7591\u662f\n"], 2, [])
    with pytest.raises(FormError, match="syllables are counted in English, and 0% of"):
        texts(chinese, load("haiku"), 1)


def test_particles_make_texts_the_model_finds_likelier(haiku: Model) -> None:
    def mean(particles: int) -> float:
        double, lexicon = haiku
        search = CheckedSearch(double.runtime, double, lexicon, load("haiku"))
        found = search.texts(map(Attempt, range(12)), SearchSettings(particles=particles))
        return float(np.mean([written.drawn.log_probability for written in found]))

    assert mean(12) > mean(1) + 3
