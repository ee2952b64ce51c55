"""Which draws are printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from rnngen.errors import FormError
from rnngen.forms import distinct
from rnngen.forms.checked import CheckedText
from rnngen.forms.checker import Verdict
from rnngen.forms.search import DrawnText, SearchSettings


class Scripted:
    """A search whose text for an index and an attempt is given."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        """texts: for each index its draws; the last one comes for ever."""
        self._draws = texts

    def texts(
        self, indices: Sequence[int], settings: SearchSettings, attempt: int = 0
    ) -> Iterator[CheckedText]:
        for index in indices:
            draws = self._draws[index]
            text = draws[min(attempt, len(draws) - 1)]
            drawn = DrawnText(index, text, -1.0, -2.0, 3.0, (1, 2))
            yield CheckedText(drawn, Verdict("exact", (), ()))


def printed(texts: Any, particles: int = 16, temperature: float = 1.0) -> list[str]:
    distinct_texts = distinct.DistinctTexts(lambda text: "copy" in text)
    settings = SearchSettings(particles=particles, temperature=temperature)
    found = distinct_texts.texts(Scripted(texts), range(len(texts)), settings)  # type: ignore[arg-type]
    return [written.drawn.text for written in found]


@pytest.mark.parametrize("particles", [16, 1000])
def test_a_text_is_the_first_draw_that_is_new_and_no_copy(particles: int) -> None:
    """Whether texts are drawn side by side, or one by one."""
    texts = [["a"], ["a", "copy", "a", "b"], ["copy", "c"], ["c", "b", "copy", "d"]]
    assert printed(texts, particles) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("particles", [1, 16, 100, 4096])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_shares_hold_every_text_once_and_begin_small(particles: int, workers: int) -> None:
    shares = list(distinct._shares(range(7, 600), particles, workers))
    assert [index for share in shares for index in share] == list(range(7, 600))
    assert {len(share) for share in shares[:workers]} == {1}
    assert max(map(len, shares)) <= max(1, distinct.ROWS // particles)


def test_several_prompts_repeat_nothing() -> None:
    distinct_texts = distinct.DistinctTexts()
    found = []
    for texts in (["a"], ["a", "b"]):
        search: Any = Scripted([texts])
        found += [
            written.drawn.text for written in distinct_texts.texts(search, [0], SearchSettings())
        ]
    assert found == ["a", "b"]


def test_when_nothing_new_comes_it_says_so() -> None:
    with pytest.raises(FormError, match="text 2: each of 50 draws repeats an earlier one"):
        printed([["a"], ["a"]])
    with pytest.raises(FormError, match="text 1: each of 50 draws copies more"):
        printed([["copy"]])


def test_the_likeliest_text_is_not_asked_for_twice() -> None:
    with pytest.raises(FormError, match="text 2: the likeliest repeats an earlier one"):
        printed([["a"], ["a", "b"]], temperature=0)


def test_the_prompt_is_separated_as_it_is_printed() -> None:
    drawn = DrawnText(0, "old pond\na frog", -4.0, -2.0, 3.0, (1, 2))
    written = CheckedText(drawn, Verdict("exact", (), ()))
    found = distinct.form_text(written, SearchSettings(seed=7), prompt="old pond a", form="mine")
    assert (found.prompt, found.text, found.whole) == ("old pond\na", " frog", drawn.text)
    assert (found.seed, found.tokens, found.form) == (7, 2, "mine")
    assert found.bits_per_character == pytest.approx(4 / 0.693147 / 5, rel=1e-5)
