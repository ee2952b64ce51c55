"""What is kept of a corpus."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.errors import FormError
from rnngen.forms.language.lexicon import Lexicon, build, words_of

POEM = "the old pond\na frog jumps in\nthe sound of fire"


def test_words_are_counted_with_their_syllables() -> None:
    lexicon = build([POEM])
    known = dict(zip(lexicon.words, lexicon.syllables.tolist(), strict=True))
    assert known["pond"] == 1
    assert known["fire"] == 0, "said in two ways, so never written"
    assert lexicon.frequency[lexicon.words.index("the")] == 2
    assert lexicon.english == 1.0


def test_lines_and_documents_are_measured() -> None:
    lexicon = build([POEM, "Old pond.\nA frog!"])
    assert lexicon.lines[0, [2, 3, 4]].tolist() == [2, 1, 2]
    assert lexicon.lines[1, [2, 3, 4]].tolist() == [2, 1, 2]
    assert lexicon.documents[1, [4, 11]].tolist() == [1, 1]
    assert lexicon.totals.tolist() == [15, 15, 2, 3]


@given(st.lists(st.text(st.sampled_from("abcde' \n.\u2019\u00e9B"), max_size=60), max_size=4))
def test_tensors_bring_back_the_same_lexicon(documents: list[str]) -> None:
    lexicon = build(documents)
    again = Lexicon.from_tensors(lexicon.to_tensors())
    assert again.words == lexicon.words
    for name, array in lexicon.to_tensors().items():
        assert np.array_equal(array, again.to_tensors()[name])


def test_the_most_frequent_words_are_kept_whatever_the_order_of_documents() -> None:
    documents = ["a b b c c c", "d d d d", "e"]
    assert build(documents, max_words=2).words == ("c", "d")
    assert build(documents[::-1], max_words=3).words == build(documents, max_words=3).words


def test_an_apostrophe_belongs_to_a_word_only_if_the_dictionary_says_so() -> None:
    assert words_of("'Tis the dogs' 'old' isn\u2019t o'er") == [
        *("'tis", "the", "dogs'", "old", "isn't", "o'er")
    ]


def test_words_outside_the_dictionary_are_used_where_the_guess_is_clear() -> None:
    lexicon = build(["banish'd crab's mr xiv zzz bbq"])
    known = dict(zip(lexicon.words, lexicon.syllables.tolist(), strict=True))
    assert known == {"banish'd": 2, "crab's": 1, "mr": 0, "xiv": 0, "zzz": 0, "bbq": 0}


def test_a_prompt_brings_its_words_along() -> None:
    lexicon = build([POEM]).with_words("old umbrella fire")
    assert list(lexicon.words) == sorted(lexicon.words)
    assert lexicon.syllables[lexicon.words.index("umbrella")] == 3
    assert lexicon.frequency[lexicon.words.index("the")] == 2


def test_an_older_lexicon_is_counted_anew() -> None:
    """As a model holds it that was trained when fire and campfires had one count each."""
    lexicon = build(["the fire campfires pond moonlit zyxwik"])
    old = {"fire": 1, "campfires": 3, "pond": 1, "moonlit": 3, "zyxwik": 3, "the": 1}
    counts = np.array([old[word] for word in lexicon.words], np.uint8)
    nothing = np.zeros(len(counts), bool)
    stale = dataclasses.replace(lexicon, syllables=counts, known=nothing, counting=0)
    again = dict(zip(lexicon.words, stale.recounted().syllables.tolist(), strict=True))
    assert again == {"fire": 0, "campfires": 0, "pond": 1, "moonlit": 2, "zyxwik": 3, "the": 1}
    assert lexicon.recounted() is lexicon
    tensors = lexicon.to_tensors()
    assert Lexicon.from_tensors(tensors).counting == lexicon.counting
    del tensors["lexicon.counting"]
    assert Lexicon.from_tensors(tensors).counting == 0


def test_a_checkpoint_without_words_says_so() -> None:
    with pytest.raises(FormError, match="holds no word list"):
        Lexicon.from_tensors({})
    tensors = build([POEM]).to_tensors()
    tensors["lexicon.frequency"] = tensors["lexicon.frequency"][1:]
    with pytest.raises(FormError, match="damaged"):
        Lexicon.from_tensors(tensors)
