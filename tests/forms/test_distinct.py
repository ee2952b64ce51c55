"""Which draws of a run are printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from rnngen.errors import FormError
from rnngen.forms import distinct
from rnngen.forms.check import Verdict
from rnngen.forms.search import Drawn, Settings
from rnngen.forms.write import Written


class Scripted:
    """A writer whose text for an index and an attempt is given."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        """texts: for each index its draws; the last one comes for ever."""
        self._texts = texts

    def write(
        self, indices: Sequence[int], settings: Settings, attempt: int = 0
    ) -> Iterator[Written]:
        for index in indices:
            draws = self._texts[index]
            text = draws[min(attempt, len(draws) - 1)]
            drawn = Drawn(index, text, -1.0, -2.0, 3.0, (1, 2))
            yield Written(drawn, Verdict("exact", (), ()))


def printed(texts: Any, particles: int = 16, temperature: float = 1.0) -> list[str]:
    page = distinct.Pages(lambda text: "copy" in text)
    settings = Settings(particles=particles, temperature=temperature)
    found = page.write(Scripted(texts), range(len(texts)), settings)  # type: ignore[arg-type]
    return [written.drawn.text for written in found]


@pytest.mark.parametrize("particles", [16, 1000])
def test_a_text_is_the_first_draw_that_is_new_and_no_copy(particles: int) -> None:
    """Whether texts are drawn side by side, or one by one."""
    texts = [["a"], ["a", "copy", "a", "b"], ["copy", "c"], ["c", "b", "copy", "d"]]
    assert printed(texts, particles) == ["a", "b", "c", "d"]


def test_a_run_of_several_prompts_repeats_nothing() -> None:
    page = distinct.Pages()
    found = []
    for texts in (["a"], ["a", "b"]):
        writer: Any = Scripted([texts])
        found += [written.drawn.text for written in page.write(writer, [0], Settings())]
    assert found == ["a", "b"]


def test_when_nothing_new_comes_it_says_so() -> None:
    with pytest.raises(FormError, match="text 2: each of 50 draws repeats an earlier one"):
        printed([["a"], ["a"]])
    with pytest.raises(FormError, match="text 1: each of 50 draws copies more"):
        printed([["copy"]])


def test_the_likeliest_text_is_not_asked_for_twice() -> None:
    with pytest.raises(FormError, match="text 2: the likeliest repeats an earlier one"):
        printed([["a"], ["a", "b"]], temperature=0)


def test_the_prompt_is_told_apart_as_it_is_printed() -> None:
    drawn = Drawn(0, "old pond\na frog", -4.0, -2.0, 3.0, (1, 2))
    written = Written(drawn, Verdict("exact", (), ()))
    told = distinct.told(written, Settings(seed=7), prompt="old pond a", form="mine")
    assert (told.prompt, told.text, told.whole) == ("old pond\na", " frog", drawn.text)
    assert (told.seed, told.tokens, told.form) == (7, 2, "mine")
    assert told.bits_per_character == pytest.approx(4 / 0.693147 / 5, rel=1e-5)
