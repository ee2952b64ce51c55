"""The dynamic programme of a form's lines, against every way to fill them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from rnngen.errors import FormError
from rnngen.forms.automata.meter import LineTables, Meter
from rnngen.forms.automata.trie import WordTree
from tests.forms import toys

WORDS = sorted(toys.WORDS)
TOTAL = sum(word.frequency for word in toys.WORDS.values())
Line = tuple[str, ...]


def meter(lines: Sequence[tuple[int, int]], rhymes: str = "", acrostic: str = "") -> Meter:
    columns = zip(*(toys.WORDS[word] for word in WORDS), strict=True)
    frequency, counts, endings, onsets = (np.array(column) for column in columns)
    scheme = [letter if letter != "." else "" for letter in rhymes or "." * len(lines)]
    return Meter(WordTree(WORDS, frequency, counts), lines, scheme, acrostic, endings, onsets)


def fillings(low: int, high: int, used: int = 0) -> Iterator[Line]:
    """Every sequence of words that brings a line from `used` to between low and high units."""
    for word in WORDS:
        total = used + toys.WORDS[word].syllables
        if low <= total <= high:
            yield (word,)
        if total < high:
            yield from ((word, *more) for more in fillings(low, high, total))


def chance(line: Line) -> float:
    """Of drawing these words one by one, as often as the corpus has them."""
    return math.prod(toys.WORDS[word].frequency / TOTAL for word in line)


LIMITS = [(1, 1), (2, 2), (1, 3), (2, 4), (4, 4), (3, 5)]


@pytest.mark.parametrize(("low", "high"), LIMITS)
def test_a_line_is_worth_the_chance_of_all_ways_to_fill_it(low: int, high: int) -> None:
    tables = meter([(low, high)]).first
    assert tables.start == pytest.approx(sum(map(chance, fillings(low, high))))
    for used in range(high + 1):
        ways = sum(map(chance, fillings(low, high, used)))
        assert tables.ahead[used] == pytest.approx(ways)
        assert (tables.ahead[used] > 0) == (ways > 0)


@pytest.mark.parametrize(("low", "high"), LIMITS)
def test_a_prefix_is_worth_the_chance_given_that_a_word_begins_so(low: int, high: int) -> None:
    found = meter([(low, high)])
    for prefix in ("a", "b", "c", "d", "ab", "da"):
        node = found.tree.root
        for letter in prefix:
            child = node.child(letter)
            assert child is not None
            node = child
        begin = sum(w.frequency for word, w in toys.WORDS.items() if word.startswith(prefix))
        for used in range(high):
            ways = [line for line in fillings(low, high, used) if line[0].startswith(prefix)]
            wanted = sum(map(chance, ways)) * TOTAL / begin
            assert found.first.prefix(used, node) == pytest.approx(wanted)


def test_several_lines_are_worth_the_product_of_each() -> None:
    lines = [(1, 2), (3, 3), (2, 4)]
    found = meter(lines)
    worths = [sum(map(chance, fillings(*limits))) for limits in lines]
    tables = found.first
    for line in range(3):
        assert tables.start == pytest.approx(math.prod(worths[line:]))
        tables = found.after(tables, 0) if line < 2 else tables


def test_an_acrostic_counts_the_lines_that_begin_with_its_letters() -> None:
    lines = [(2, 3), (1, 2)]
    ways = [
        sum(chance(line) for line in fillings(*limits) if line[0][0] == letter)
        for limits, letter in zip(lines, "bd", strict=True)
    ]
    assert meter(lines, acrostic="bd").first.start == pytest.approx(math.prod(ways))


def rhyming(line: Line, ending: int) -> bool:
    return toys.WORDS[line[-1]].ending == ending


def test_the_first_of_two_rhymes_is_worth_all_pairs_that_end_alike() -> None:
    """Of the usable classes; that the words must differ is left to the second line."""
    lines = [(1, 3), (2, 3)]
    pairs = 0.0
    for ending in (1, 2):  # both have words of several onsets that fit both lines
        first, second = (
            sum(chance(line) for line in fillings(*limits) if rhyming(line, ending))
            for limits in lines
        )
        pairs += first * second
    assert meter(lines, "AA").first.start == pytest.approx(pairs)


SCHEMES = ["AA", "A.A", "ABAB", "AAA", ".AA", "AABB"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("limits", [(1, 2), (2, 2), (2, 3)])
def test_a_line_may_end_exactly_where_all_later_lines_can_be_filled(
    scheme: str, limits: tuple[int, int]
) -> None:
    """Every word at the end of every line that the words before leave open, to the last line."""
    try:
        found = meter([limits] * len(scheme), scheme)
    except FormError:
        pytest.skip("too few rhymes")
    waiting, seen = [found.first], set()
    while waiting:
        tables = waiting.pop()
        endable = {word for word in range(len(WORDS)) if may_end(tables, word)}
        assert endable, "no line is reached that cannot be filled"
        for word in endable:
            assert ends_right(tables, scheme, WORDS[word])
            if not tables.last and (after := found.after(tables, word)) not in seen:
                seen.add(after)
                waiting.append(after)


def may_end(tables: LineTables, word: int) -> bool:
    ways = [line for line in fillings(tables.low, tables.high) if line[-1] == WORDS[word]]
    ends = {sum(toys.WORDS[w].syllables for w in line) for line in ways}
    return any(tables.close(used, word) > 0 for used in ends)


def ends_right(tables: LineTables, scheme: str, word: str) -> bool:
    """Whether the word rhymes with the lines before as the scheme asks, by its own sounds."""
    letters = sorted(set(scheme) - {"."})
    letter = scheme[tables.line]
    if letter == ".":
        return True
    sounds = toys.WORDS[word]
    others = [b for x, b in zip(letters, tables.bindings, strict=True) if x != letter and b]
    bound = tables.bindings[letters.index(letter)]
    if bound is None:
        return sounds.ending != -1 and sounds.ending not in [other.ending for other in others]
    return sounds.ending == bound.ending and sounds.onset not in bound.onsets


def test_every_set_of_rhymes_that_is_left_open_can_be_written() -> None:
    """The last words of all lines, by hand: what can be chosen line by line is all there is."""
    limits, scheme = (1, 1), "AA"
    found = meter([limits] * 2, scheme)
    chosen = set()
    for first, second in itertools.product(range(len(WORDS)), repeat=2):
        if may_end(found.first, first) and may_end(found.after(found.first, first), second):
            chosen.add((WORDS[first], WORDS[second]))
    one = [word for word, w in toys.WORDS.items() if w.syllables == 1 and w.ending != -1]
    assert chosen == {
        (a, b)
        for a, b in itertools.product(one, repeat=2)
        if toys.WORDS[a].ending == toys.WORDS[b].ending
        and toys.WORDS[a].onset != toys.WORDS[b].onset
    }
