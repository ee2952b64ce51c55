"""Prompts of forms, cut anywhere: texts are the model's own, given form and first characters."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

import rnngen
from rnngen.forms.compile import compile_form
from rnngen.forms.prompts import FormPrompt
from rnngen.forms.search import Attempt, SearchSettings, draw
from tests.doubles import Pieces
from tests.forms import toys

if TYPE_CHECKING:
    from rnngen.forms.prompts import FormStart
    from rnngen.forms.search import Attempt, DrawnText
    from tests.forms.doubles import ContextRuntime


class Subwords(Pieces):
    """Pieces of words, of which the last one may grow; a word begins with its space."""

    def settled(self, text: str) -> int:
        return max(0, text.rfind(" "))


TOKENS = Subwords(
    [*toys.CHARACTERS, "ab", "ba", " a", " ab", "b a", "a\n", "ad", " d", "a b", "da"]
)
NEWLINE = toys.form(lines=[2, 2], **{"break": "newline"}, end="any")
WRAP = toys.form(lines=[1, 1], **{"break": "wrap"}, end="sentence")
CASES = [
    (NEWLINE, 0, "a"),
    (NEWLINE, 0, "ab"),
    (NEWLINE, 0, "ab "),
    (NEWLINE, 0, "ab a"),
    (NEWLINE, 0, "ba d"),
    (NEWLINE, 0, "ab a\n"),
    (NEWLINE, 0, "ab c\nd"),
    (WRAP, 3, "a"),
    (WRAP, 3, "ba"),
    (WRAP, 3, "ab. "),
]


def opened(spec: object, prompt: str, model: ContextRuntime, *, stops: int) -> FormPrompt:
    pieces = [b"" if piece == b"." and not stops else piece for piece in TOKENS.pieces]
    lexicon = toys.lexicon(toys.WORDS)
    masks = compile_form(spec, pieces, TOKENS.end_id, lexicon, prompt=prompt)  # type: ignore[arg-type]
    return FormPrompt(model, TOKENS, masks, lexicon, prompt)


def mass(model: ContextRuntime, context: list[int], text: bytes, *, ended: bool) -> float:
    """The probability that tokens which spell `text` follow the context, in any way there is."""

    @functools.cache
    def probabilities(a: int, b: int) -> np.ndarray:
        logits = np.asarray(model.log_probabilities((a, b)), np.float64)
        return np.exp(logits - np.logaddexp.reduce(logits))

    @functools.cache
    def spelled(place: int, a: int, b: int) -> float:
        if place == len(text):
            return float(probabilities(a, b)[TOKENS.end_id]) if ended else 1.0
        return sum(
            float(probabilities(a, b)[token]) * spelled(place + len(piece), b, token)
            for token, piece in enumerate(TOKENS.pieces)
            if piece and text.startswith(piece, place)
        )

    return spelled(0, *[-1, *context][-2:])


def exact(
    model: ContextRuntime, spec: object, stops: int, prompt: str, start: FormStart
) -> dict[str, float]:
    """The probability of each text that begins with the prompt, as it is printed."""
    before = "." if spec is WRAP else "\n"
    lead = " " if spec is WRAP else ""
    found: Counter[str] = Counter()
    read = len(before + lead + prompt) - start.given
    for text in toys.texts(spec, stops):  # type: ignore[arg-type]
        if text.startswith(prompt):
            ended = text[-1] not in "\n "
            whole = (before + lead + text)[read:].encode()
            found[printed(text, spec)] += mass(model, start.context, whole, ended=ended)
    return dict(found)


def printed(text: str, spec: object) -> str:
    """In wrap mode a space or a newline after the first line's full word breaks it."""
    return text.strip().replace(" ", "\n") if spec is WRAP else text.strip()


def drawn(
    spec: object, stops: int, prompt: str, model: ContextRuntime, particles: int, count: int
) -> tuple[FormStart, list[DrawnText]]:
    start = opened(spec, prompt, model, stops=stops).start(1.0)
    settings = SearchSettings(particles=particles)
    found = draw(model, start.automaton, start.context, list(map(Attempt, range(count))), settings)
    return start, list(found)


@pytest.mark.parametrize("particles", [1, 6])
@pytest.mark.parametrize(("spec", "stops", "prompt"), CASES)
def test_the_estimate_of_each_text_is_right_on_average(
    spec: object, stops: int, prompt: str, particles: int
) -> None:
    """For any number of particles, and with all the ways to spell the prompt taken together."""
    model = toys.runtime(11, TOKENS.vocab_size)
    start, results = drawn(spec, stops, prompt, model, particles, 800)
    wanted = exact(model, spec, stops, prompt, start)
    assert {result.text for result in results} <= set(wanted)
    estimates = np.exp([result.log_form for result in results])
    likely = sorted(wanted, key=lambda text: (-wanted[text], text))  # so that each part is met
    for part in [set(wanted), *(set(likely[k::4]) for k in range(4))]:
        shares = estimates * [result.text in part for result in results]
        error = shares.std() / math.sqrt(len(results))
        assert abs(shares.mean() - sum(wanted[text] for text in part)) < 4.5 * error + 1e-9


@pytest.mark.parametrize(("spec", "stops", "prompt"), [CASES[1], CASES[3], CASES[8]])
def test_with_many_particles_texts_come_as_often_as_they_should(
    spec: object, stops: int, prompt: str
) -> None:
    model = toys.runtime(12, TOKENS.vocab_size, sharpness=0.5)
    start, results = drawn(spec, stops, prompt, model, 40, 500)
    wanted = exact(model, spec, stops, prompt, start)
    total = sum(wanted.values())
    common = {t: 500 * p / total for t, p in wanted.items() if 500 * p / total >= 8}
    counts = Counter(result.text if result.text in common else "" for result in results)
    cells = [*common.items(), ("", 500 - sum(common.values()))]
    square = sum((counts[text] - e) ** 2 / e for text, e in cells if e > 0)
    freedom = len(cells) - 1
    assert square < freedom + 4.5 * math.sqrt(2 * freedom) + 6


@pytest.mark.parametrize(("spec", "stops", "prompt"), CASES)
def test_what_is_reported_is_conditional_on_the_prompt(
    spec: object, stops: int, prompt: str
) -> None:
    model = toys.runtime(13, TOKENS.vocab_size)
    start, results = drawn(spec, stops, prompt, model, 3, 20)
    whole = (" " if spec is WRAP else "") + prompt
    given = whole[len(whole) - start.given :].encode()
    log_given = math.log(reaching(model, start.context, given))
    for result in results:
        reported = start.without_given(result, TOKENS.pieces)
        assert reported.log_form == pytest.approx(result.log_form - log_given, abs=1e-5)
        assert reported.log_probability == pytest.approx(
            result.log_probability - log_given, abs=1e-5
        )
        # The first of the new tokens is the one that goes beyond the prompt.
        old = result.tokens[: len(result.tokens) - len(reported.tokens)]
        assert (*old, *reported.tokens) == result.tokens
        before, first = (b"".join(TOKENS.pieces[t] for t in ids) for ids in (old, result.tokens))
        assert len(before) <= len(given) < len(first) + (reported.tokens[0] == TOKENS.end_id)


def reaching(model: ContextRuntime, context: list[int], given: bytes) -> float:
    """The probability that tokens spell `given` and perhaps more."""

    def walk(a: int, b: int, rest: bytes) -> float:
        if not rest:
            return 1.0
        logits = np.asarray(model.log_probabilities((a, b)), np.float64)
        shares = np.exp(logits - np.logaddexp.reduce(logits))
        return sum(
            float(shares[token]) * walk(b, token, rest[len(piece) :])
            for token, piece in enumerate(TOKENS.pieces)
            if piece and (piece.startswith(rest) or rest.startswith(piece))
        )

    a, b = [-1, *context][-2:]
    return walk(a, b, given)


def test_greedy_follows_the_likeliest_spelling_of_the_prompt() -> None:
    model = toys.runtime(14, TOKENS.vocab_size)
    prompt = "ab a"
    start = opened(NEWLINE, prompt, model, stops=0).start(0.0)
    assert b"".join(TOKENS.pieces[token] for token in start.spelled).startswith(b" a")
    settings = SearchSettings(particles=2, temperature=0)
    [result] = draw(model, start.automaton, start.context, [Attempt(0)], settings)
    assert result.text.startswith(prompt)


def test_a_word_cut_short_is_completed_to_one_that_the_corpus_knows() -> None:
    texts = rnngen.load("shipped/haiku").write_form("haiku", "the ri", n=40, seed=1)
    ends = Counter(text.whole[6:9] for text in texts)
    assert ends.most_common(1)[0][0] == "ver"
    assert all(text.whole.startswith("the ri") for text in texts)


@pytest.mark.parametrize("prompt", ["old pond", "old pond ", "old pond\r\n", "old pond\n"])
def test_spaces_and_line_ends_of_any_kind_may_end_a_prompt(prompt: str) -> None:
    for text in rnngen.load("shipped/haiku").write_form("haiku", prompt, n=2, particles=2):
        assert text.whole.startswith("old pond")
        assert text.verdict == "exact"
