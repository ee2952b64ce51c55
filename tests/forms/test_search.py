"""Draws against every text there is: the search must draw from the exact conditional."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rnngen.config import ModelConfig
from rnngen.forms.automata.leading import Leading
from rnngen.forms.compile import compile_form
from rnngen.forms.search import Attempt, SearchSettings, draw
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.model.shapes import tensor_shapes
from tests.forms import toys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen.forms.search import Attempt, DrawnText
    from rnngen.forms.spec import FormSpec
    from tests.forms.doubles import ContextRuntime

RUNS = 1000
FORMS = {
    "newline": (toys.form(lines=[2, 2], **{"break": "newline"}, end="any"), 0),
    "wrap": (toys.form(lines=[1, 1], **{"break": "wrap"}, end="sentence"), 3),
    "rhyme": (toys.form(lines=[[1, 2], [1, 2]], rhyme="AA", **{"break": "newline"}, end="any"), 0),
}


BLANKS = [toys.CHARACTERS.index(" "), toys.CHARACTERS.index("\n")]


def top_two(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(logits >= np.sort(logits, axis=1)[:, -2:-1], logits, -np.inf)


def exact(
    model: ContextRuntime,
    spec: FormSpec,
    stops: int,
    temperature: float = 1.0,
    kept: int = 99,
    power: float = 1.0,
    line_ends: float | None = None,
) -> dict[tuple[int, ...], float]:
    """The probability of each text of the form, by its tokens, to a power; not normalised.

    line_ends: how often a word ends a line in the corpus, if breaks of the form are weighed.
    kept: only the likeliest so many of the tokens that may follow a beginning have any.
    """
    sequences = []
    for text in toys.texts(spec, stops):
        ended = text[-1] not in "\n "
        sequences.append(toys.tokens_of(text, ended=ended))
    follow: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for tokens in sequences:
        for place, token in enumerate(tokens):
            follow[tuple(tokens[:place])].add(token)
    found = {}
    for tokens in sequences:
        tables, total = toys.log_probabilities(model, tokens, temperature), 0.0
        for place, (token, table) in enumerate(zip(tokens, tables, strict=True)):
            allowed = sorted((table[t] for t in follow[tuple(tokens[:place])]), reverse=True)
            total += table[token] if table[token] >= allowed[:kept][-1] else -math.inf
        if line_ends is not None:  # of two lines of one word: before the first blank
            place = min(tokens.index(blank) for blank in BLANKS if blank in tokens)
            total += tables[place][toys.CHARACTERS.index("\n")] - math.log(line_ends)
        if total > -math.inf:
            found[tuple(tokens)] = math.exp(power * total)
    return found


def drawn(
    model: ContextRuntime,
    spec: FormSpec,
    stops: int,
    settings: SearchSettings,
    runs: int = RUNS,
    *,
    lines: int = 0,
) -> list[DrawnText]:
    """lines: how many the corpus has."""
    pieces = toys.PIECES
    if not stops:  # a token that is never drawn stands in for the full stop
        pieces = [b"~" if piece == b"." else piece for piece in pieces]
    lexicon = toys.lexicon(toys.WORDS)
    lexicon.lines[:, 3] = lines
    masks = compile_form(spec, pieces, toys.END_ID, lexicon)
    return list(draw(model, masks, [toys.END_ID], list(map(Attempt, range(runs))), settings))


def assert_unbiased(results: list[DrawnText], wanted: dict[tuple[int, ...], float]) -> None:
    """Estimates of the normaliser, whole and split by the text drawn, are right on average.

    This holds for any number of particles, with or without resampling.
    """
    estimates = np.exp([result.log_form for result in results])
    total = sum(wanted.values())
    error = estimates.std() / math.sqrt(len(results))
    assert abs(estimates.mean() - total) < 4.5 * error + 1e-12
    assert {result.tokens for result in results} <= set(wanted)
    groups = np.array([hash(result.tokens) % 5 for result in results])
    for group in range(5):
        shares = estimates * (groups == group)
        right = sum(p for tokens, p in wanted.items() if hash(tokens) % 5 == group)
        assert abs(shares.mean() - right) < 4.5 * shares.std() / math.sqrt(len(results)) + 1e-12


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("particles", [1, 6])
def test_the_estimate_of_the_normaliser_is_right_on_average(name: str, particles: int) -> None:
    spec, stops = FORMS[name]
    model = toys.runtime(3)
    assert_unbiased(
        drawn(model, spec, stops, SearchSettings(particles=particles)), exact(model, spec, stops)
    )


def test_temperature_changes_the_target_as_it_should() -> None:
    spec, stops = FORMS["newline"]
    model = toys.runtime(4)
    results = drawn(model, spec, stops, SearchSettings(particles=4, temperature=0.6))
    assert_unbiased(results, exact(model, spec, stops, temperature=0.6))


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("particles", [1, 6])
@pytest.mark.parametrize("power", [2, 3])
def test_sharpened_texts_have_powers_of_their_probability(
    name: str, particles: int, power: int
) -> None:
    spec, stops = FORMS[name]
    model = toys.runtime(10, sharpness=0.5)
    settings = SearchSettings(particles=particles, sharpen=power)
    assert_unbiased(drawn(model, spec, stops, settings), exact(model, spec, stops, power=power))


def test_a_power_is_of_the_probability_at_the_temperature() -> None:
    spec, stops = FORMS["newline"]
    model = toys.runtime(11, sharpness=0.5)
    settings = SearchSettings(particles=5, temperature=1.5, sharpen=2.5, truncate=top_two)
    wanted = exact(model, spec, stops, temperature=1.5, kept=2, power=2.5)
    assert_unbiased(drawn(model, spec, stops, settings), wanted)


@pytest.mark.parametrize("settings", [{}, {"particles": 1}, {"temperature": 0.7, "sharpen": 1.5}])
def test_where_the_form_breaks_a_line_counts_how_likely_the_model_would(settings: Any) -> None:
    spec = toys.form(lines=[1, 1], **{"break": "wrap"}, end="any")
    model = toys.runtime(12, sharpness=0.7)
    results = drawn(model, spec, 0, SearchSettings(**{"particles": 6, **settings}), lines=9)
    words = sum(word.frequency for word in toys.WORDS.values())
    wanted = exact(
        model,
        spec,
        0,
        temperature=settings.get("temperature", 1.0),
        power=settings.get("sharpen", 1.0),
        line_ends=9 / words,
    )
    assert_unbiased(results, wanted)


def test_truncation_comes_after_the_mask() -> None:
    spec, stops = FORMS["newline"]
    model = toys.runtime(5)
    results = drawn(model, spec, stops, SearchSettings(particles=4, truncate=top_two))
    assert_unbiased(results, exact(model, spec, stops, kept=2))


@pytest.mark.parametrize(
    ("name", "power"), [("newline", 1), ("wrap", 1), ("newline", 2), ("newline", 3)]
)  # where few particles are many enough
def test_with_many_particles_texts_come_as_often_as_they_should(name: str, power: int) -> None:
    spec, stops = FORMS[name]
    model = toys.runtime(6, sharpness=0.4)
    runs = 500
    results = drawn(model, spec, stops, SearchSettings(particles=40, sharpen=power), runs)
    wanted = exact(model, spec, stops, power=power)
    total = sum(wanted.values())
    counts = Counter(result.tokens for result in results)
    common = {t: p / total * runs for t, p in wanted.items() if p / total * runs >= 8}
    rest = runs - sum(common.values())
    cells = [(counts[t], e) for t, e in common.items()]
    cells.append((runs - sum(counts[t] for t in common), rest))
    square = sum((seen - e) ** 2 / e for seen, e in cells if e > 0)
    freedom = len(cells) - 1
    # Wilson & Hilferty: the cube root of chi-square is nearly normal.
    score = ((square / freedom) ** (1 / 3) - 1 + 2 / (9 * freedom)) / math.sqrt(2 / (9 * freedom))
    assert score < 4


def test_the_log_probability_is_the_models_own_at_temperature_one() -> None:
    spec, stops = FORMS["wrap"]
    model = toys.runtime(7)
    for result in drawn(model, spec, stops, SearchSettings(particles=3, temperature=0.5))[:40]:
        tables = toys.log_probabilities(model, result.tokens, 1.0)
        total = sum(table[token] for token, table in zip(result.tokens, tables, strict=True))
        assert result.log_probability == pytest.approx(total, abs=1e-4)


def test_a_text_depends_on_its_index_and_seed_alone() -> None:
    spec, _ = FORMS["newline"]
    masks = compile_form(spec, toys.PIECES, toys.END_ID, toys.lexicon(toys.WORDS))
    model = toys.runtime(8)

    def texts(indices: list[int], seed: int, attempt: int = 0) -> list[str]:
        draws = [Attempt(index, attempt) for index in indices]
        found = draw(model, masks, [toys.END_ID], draws, SearchSettings(seed, 5))
        return [result.text for result in found]

    many = texts(list(range(150)), 1)
    assert [texts([i], 1)[0] for i in (0, 7, 149)] == [many[0], many[7], many[149]]
    assert texts(list(range(150)), 2) != many
    assert texts(list(range(150)), 1, attempt=1) != many


@pytest.mark.parametrize(("particles", "best_of"), [(1, 1), (1, 7), (3, 4), (5, 9), (20, 2)])
def test_a_text_has_the_same_bits_in_any_company(particles: int, best_of: int) -> None:
    """With products of matrices, whose rounding follows their shapes."""
    spec, _ = FORMS["newline"]
    masks = compile_form(spec, toys.PIECES, toys.END_ID, toys.lexicon(toys.WORDS))
    config = ModelConfig(toys.END_ID + 1, embedding_dim=70, hidden_size=70)
    rng = np.random.default_rng(1)
    weights = {
        name: rng.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in tensor_shapes(config).items()
    }
    model = NumpyRuntime(config, weights)
    settings = SearchSettings(3, particles, best_of=best_of)

    def texts(indices: list[int]) -> list[DrawnText]:
        draws = [Attempt(index, attempt) for index in indices for attempt in range(best_of)]
        return list(draw(model, masks, [toys.END_ID], draws, settings))

    many = texts(list(range(12)))
    for index in (0, 5, 11):
        assert texts([index]) == many[index * best_of : (index + 1) * best_of]


def test_temperature_zero_takes_the_likeliest_that_is_allowed() -> None:
    spec, _ = FORMS["newline"]
    masks = compile_form(spec, toys.PIECES, toys.END_ID, toys.lexicon(toys.WORDS))
    model = toys.runtime(9)
    settings = SearchSettings(particles=4, temperature=0)
    first, second = draw(model, masks, [toys.END_ID], [Attempt(0), Attempt(1)], settings)
    assert first.text == second.text
    tables = toys.log_probabilities(model, first.tokens, 1.0)
    state = masks.start()
    for token, table in zip(first.tokens, tables, strict=True):
        assert table[token] == table[state.mask().tokens].max()
        state = state.after(token)


def test_a_prompt_is_the_beginning_and_counts() -> None:
    spec, _ = FORMS["newline"]
    lexicon = toys.lexicon(toys.WORDS)
    masks = compile_form(spec, toys.PIECES, toys.END_ID, lexicon, prompt="a b")
    context = [toys.END_ID, *toys.tokens_of("a b", ended=False)]
    leading = Leading(masks, b"", "a b")
    draws = list(map(Attempt, range(30)))
    results = draw(toys.runtime(2), leading, context, draws, SearchSettings(particles=3))
    for result in results:
        first, second = result.text.split("\n")
        assert first.startswith("a b")
        for line in (first, second):
            assert sum(toys.WORDS[w].syllables for w in re.findall("[a-d]+", line)) == 2
