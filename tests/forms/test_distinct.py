"""Which draws are printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from rnngen.errors import FormError
from rnngen.forms import distinct
from rnngen.forms.checked import CheckedText
from rnngen.forms.checker import Verdict
from rnngen.forms.search import Attempt, DrawnText, SearchSettings, groups


class Scripted:
    """A search whose text for an index and an attempt is given."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        """texts: for each index its draws; the last one comes for ever."""
        self._draws = texts

    prompt = ""

    def texts(self, draws: Iterable[Attempt], settings: SearchSettings) -> Iterator[CheckedText]:
        """A capital letter costs 2 nats, any other character 1."""
        for draw in draws:
            known = self._draws[draw.index]
            text = known[min(draw.attempt, len(known) - 1)]
            nats = sum(1 + char.isupper() for char in text)
            drawn = DrawnText(draw.index, text, -float(nats), -2.0, 3.0, (1, 2))
            yield CheckedText(drawn, Verdict("exact", (), ()))


def printed(
    texts: Any, particles: int = 16, temperature: float = 1.0, best_of: int = 1
) -> list[str]:
    distinct_texts = distinct.DistinctTexts(lambda text: "copy" in text)
    settings = SearchSettings(particles=particles, temperature=temperature, best_of=best_of)
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
    draws = [Attempt(index) for index in range(7, 600)]
    whole = [[draw] for draw in draws]
    shares = list(distinct._shares(whole, SearchSettings(particles=particles), workers))
    assert [draw for share in shares for draw in share] == draws
    assert {len(share) for share in shares[:workers]} == {1}
    assert max(map(len, shares)) <= max(1, distinct.ROWS // particles)


@pytest.mark.parametrize("particles", [1, 3, 16, 100])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_drafts_that_are_multiplied_together_are_in_one_share(particles: int, workers: int) -> None:
    settings = SearchSettings(particles=particles, best_of=24)
    draws = [Attempt(index, attempt) for index in range(9) for attempt in range(48, 72)]
    whole = groups(draws, settings)
    assert [draw for group in whole for draw in group] == draws
    assert {len(group) for group in whole} <= {settings.together, 24 % settings.together}
    shares = list(distinct._shares(whole, settings, workers))
    assert [group for share in shares for group in groups(share, settings)] == whole


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


def test_of_some_draws_the_likeliest_per_character_is_kept() -> None:
    assert printed([["aBC", "abC", "ABc"], ["XYz", "x", "xy"]], best_of=3) == ["abC", "x"]
    # Fewer draws than processes, and more particles than are stepped at once.
    assert printed([["aB", "ab"]] * 1 + [["c", "C"]], particles=1000, best_of=2) == ["ab", "c"]


def test_draws_that_are_copies_or_were_printed_are_not_compared() -> None:
    texts = [["copy", "aB", "AB"], ["aB", "copy", "AB"], ["copy", "copy", "copy", "d", "D", "e"]]
    assert printed(texts, best_of=3) == ["aB", "AB", "d"]


def test_when_all_draws_were_printed_the_next_are_compared() -> None:
    assert printed([["a", "a"], ["a", "a", "Q", "q"]], best_of=2) == ["a", "q"]
    with pytest.raises(FormError, match="text 2: each of 100 draws repeats"):
        printed([["a"], ["a"]], best_of=2)


def test_an_opening_that_is_used_up_comes_last_however_likely() -> None:
    """Two words; each opens one text, and then no more than a tenth of all."""
    draws = [[f"the girl {letter}", f"A MAN {letter}"] for letter in "abcdefghijklmnopqrstuvwxyz"]
    girls = [text.startswith("the girl") for text in printed(draws, best_of=2)]
    assert girls[:2] == [True, False]
    # Where both openings are used up, the likelier one goes on.
    assert girls[2]
    texts = printed([[f"the girl {i}", f"W{i} V{i} {i}"] for i in range(40)], best_of=2)
    shares = [
        sum(text.startswith("the girl") for text in texts[:count]) / count
        for count in range(10, 41)
    ]
    assert all(share <= 0.1 + 1 / count for share, count in zip(shares, range(10, 41), strict=True))


def test_a_short_text_that_repeats_a_longer_word_comes_last_however_likely() -> None:
    assert printed([["snow and snow", "the Ice ON the pond"]], best_of=2) == ["the Ice ON the pond"]
    assert printed([["and the old, and", "the ICE ON the pond"]], best_of=2) == ["and the old, and"]
    song = "la la " * 10 + "love me love"
    assert printed([[song, song.upper()]], best_of=2) == [song]


@pytest.mark.parametrize("best_of", [1, 3])
def test_what_is_drawn_does_not_depend_on_how_it_is_shared(best_of: int) -> None:
    texts = [[f"{i} {j * 7919 % 13} {'A' * (j * i % 5)}" for j in range(9)] for i in range(30)]
    assert printed(texts, 1, best_of=best_of) == printed(texts, 1000, best_of=best_of)
