"""A chart read backwards gives the curves it was drawn from."""

from __future__ import annotations

import locale
import math
import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnngen.plotting import chart as charts
from rnngen.plotting.chart import ASCII, DOTTED, LETTERED, Scale, chart, choose_glyphs
from rnngen.plotting.curves import HELD_OUT, TRAINING, Curve, View

WIDTH, HEIGHT = 60, 10
xs = st.integers(0, 10**6)
ys = st.floats(0.01, 10, allow_nan=False)
walks = st.lists(st.tuples(xs, ys), min_size=1, max_size=20).map(
    lambda points: sorted({x: (x, y) for x, y in points}.values())
)


def drawn(curves, glyphs=DOTTED, view=None, width=WIDTH, height=HEIGHT) -> list[str]:
    lines = chart(curves, view or View(), glyphs, width=width, height=height)
    return ["".join(text for text, _ in line) for line in lines]


def area(lines: list[str], height: int = HEIGHT) -> list[str]:
    """The part in which curves are drawn: behind the axis, whose place its corner shows."""
    corner = re.search(r"[\u2514+]", lines[height + 1]).start()
    return [line[corner + 1 :] for line in lines[1 : height + 1]]


def dots(rows: list[str]) -> set[tuple[int, int]]:
    """The Braille dots as (x from the left, y from below).

    By Unicode, dots 1, 2, 3, 7 are the left column from above and 4, 5, 6, 8 the right one; dot n
    is bit n - 1.
    """
    numbers = {
        1: (0, 0),
        2: (0, 1),
        3: (0, 2),
        7: (0, 3),
        4: (1, 0),
        5: (1, 1),
        6: (1, 2),
        8: (1, 3),
    }
    return {
        (2 * column + x, 4 * len(rows) - 1 - (4 * row + y))
        for row, line in enumerate(rows)
        for column, character in enumerate(line)
        if 0x2800 < ord(character) < 0x2900
        for number, (x, y) in numbers.items()
        if (ord(character) - 0x2800) >> (number - 1) & 1
    }


def letters(rows: list[str], wanted: str) -> set[tuple[int, int]]:
    return {
        (column, len(rows) - 1 - row)
        for row, line in enumerate(rows)
        for column, character in enumerate(line)
        if character in wanted
    }


def on_grid(points, columns: int, rows: int, *, log: bool = False) -> list[tuple[float, float]]:
    """Points in units of dots, by the rule of three; a lone value is in the middle."""
    found = []
    for values, size in ((0, columns), (1, rows)):
        line = [math.log10(p[values]) if log and not values else p[values] for p in points]
        low, span = min(line), max(line) - min(line)
        if span <= 1e-9 * max(map(abs, line)):
            found.append([(size - 1) / 2] * len(line))
        else:
            found.append([(v - low) / span * (size - 1) for v in line])
    return list(zip(*found, strict=True))


def distance(dot, start, end) -> float:
    """From a dot to a straight line between two points."""
    (x, y), (x0, y0), (x1, y1) = dot, start, end
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2
    along = 0 if length == 0 else ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length
    along = min(1, max(0, along))
    return math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))


@settings(max_examples=50)
@given(walks, st.booleans())
def test_dots_lie_on_the_line_and_the_line_is_covered_by_dots(points, log: bool):
    points = [(x + 1, y) for x, y in points]
    lines = drawn([Curve("fox", TRAINING, points)], view=View(log_x=log))
    rows = area(lines)
    found = dots(rows)
    exact = on_grid(points, 2 * max(map(len, rows)), 4 * HEIGHT, log=log)
    path = list(pairwise(exact)) or [(exact[0], exact[0])]
    for x, y in exact:  # a dot for each point, at most half a dot away each way
        assert any(abs(x - a) <= 0.51 and abs(y - b) <= 0.51 for a, b in found)
    for dot in found:  # half a dot for each end, half a dot for rounding between them
        assert min(distance(dot, *line) for line in path) <= 1.5
    for (x0, y0), (x1, y1) in path:  # no hole between two points
        for k in range(21):
            x, y = x0 + (x1 - x0) * k / 20, y0 + (y1 - y0) * k / 20
            assert any(math.hypot(x - a, y - b) <= 2 for a, b in found)


@settings(max_examples=50)
@given(walks, walks)
def test_letters_are_at_the_points_of_their_run(first, second):
    found = [Curve("fox", HELD_OUT, first), Curve("hen", HELD_OUT, second)]
    rows = area(drawn(found, LETTERED))
    grid = on_grid(first + second, max(map(len, rows)), HEIGHT)
    cells = {"A": grid[: len(first)], "B": grid[len(first) :]}
    for letter, points in cells.items():
        shown = letters(rows, letter + "*")
        for x, y in points:
            assert any(abs(x - a) <= 0.51 and abs(y - b) <= 0.51 for a, b in shown)
        for a, b in letters(rows, letter):
            assert any(abs(x - a) <= 0.51 and abs(y - b) <= 0.51 for x, y in points)


def test_a_small_chart_is_as_drawn_by_hand():
    """Ten columns for x from 0 to 9, three lines for y from 0 to 2, one letter each."""
    falling = Curve("fox", TRAINING, [(0, 2), (9, 0)])
    flat = Curve("hen", HELD_OUT, [(0, 1), (9, 1)])
    lines = drawn([falling, flat], ASCII, width=13, height=3)
    assert lines[:6] == [
        "nats per token",
        "2 +aaa       ",
        "1 +B  aaaa  B",
        "0 +       aaa",
        "  ++----+----",
        "   0  5 steps",
    ]


@pytest.mark.parametrize("glyphs", [DOTTED, LETTERED, ASCII])
@example([(10**6, 1.0)], 44, 3, False)  # long numbers in the legend leave little to the name
@settings(max_examples=30)
@given(walks, st.integers(44, 120), st.integers(3, 30), st.booleans())
def test_every_line_fits_and_ticks_stand_where_their_numbers_are(
    glyphs, points, width, height, log
):
    points = [(x + 1, y) for x, y in points]
    curves = [
        Curve("a name that is rather long " * 5, kind, points) for kind in (TRAINING, HELD_OUT)
    ]
    lines = drawn(curves, glyphs, View(log_x=log), width, height)
    assert max(map(len, lines)) <= width
    rows = [line.rstrip() for line in lines[1 : height + 1]]
    assert len(rows) == height
    low, high = min(y for _, y in points), max(y for _, y in points)
    for row, line in enumerate(lines[1 : height + 1]):
        tick = re.match(r" *([\d.e-]+) [\u2524+]", line)
        if tick and high - low > 1e-6:
            value = high - (row + 0.5) / height * (high - low)
            assert float(tick[1]) == pytest.approx(value, abs=(high - low) / height)
    assert lines[height + 2].rstrip().endswith(" steps") or not re.search(r"\d", lines[height + 2])


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 20))
def test_ticks_are_few_round_inside_and_not_too_few(low: float, span: float, most: int):
    scale = Scale.over([low, low + span], 100)
    ticks = scale.ticks(most)
    assert len(ticks) <= most + 1
    assert all(scale.low <= tick <= scale.high for tick in ticks)
    assert len(ticks) >= (most - 2) / 2.5
    if len(ticks) > 1:
        step = ticks[1] - ticks[0]
        digit = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert min(abs(digit - d) for d in (1, 2, 5, 10)) < 1e-3


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ([1.5, 2.0, 2.5], ["1.5", "2.0", "2.5"]),
        ([0, 50, 100], ["0", "50", "100"]),
        ([0, 5000, 10000], ["0", "5k", "10k"]),
        ([500000, 1000000, 1500000], ["500k", "1M", "1.5M"]),
        ([0.1 * 3, 0.1 * 4], ["0.3", "0.4"]),
        ([], []),
    ],
)
def test_numbers_are_short_and_tell_the_ticks_apart(ticks, expected):
    assert Scale(0, 1, 10).labels(ticks) == expected


def test_ticks_of_a_logarithm_are_powers_of_ten_and_their_multiples():
    assert Scale.over([1, 1000], 80, log=True).ticks(4) == pytest.approx([1, 10, 100, 1000])
    assert Scale.over([3, 60], 80, log=True).ticks(8) == pytest.approx([5, 10, 20, 50])


def test_the_legend_has_the_last_and_the_best_value_of_each_run():
    curves = [
        Curve("fox", TRAINING, [(10, 3.0), (20, 1.25)]),
        Curve("fox", HELD_OUT, [(10, 2.0), (15, 1.5), (20, 1.75)]),
        Curve("hen", HELD_OUT, [(20, 1.0)]),
    ]
    legend = [line.split() for line in drawn(curves, LETTERED)[HEIGHT + 3 :]]
    assert legend == [
        ["training", "held", "out", "best", "at", "step"],
        ["a", "1.2500", "A", "1.7500", "1.5000", "15", "fox"],
        ["-", "B", "1.0000", "1.0000", "20", "hen"],
    ]


def test_a_name_cannot_steer_the_terminal():
    lines = drawn([Curve("fox\x1b[2J\n", TRAINING, [(1, 1.0)])])
    assert lines[-1].endswith("fox?[2J?")


def test_dots_are_for_what_they_can_tell_apart(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(locale, "getencoding", lambda: "UTF-8")
    colours = len(charts.COLOURS)
    assert choose_glyphs(1, coloured=False, ascii_only=False) is DOTTED
    assert choose_glyphs(2, coloured=False, ascii_only=False) is LETTERED
    assert choose_glyphs(colours, coloured=True, ascii_only=False) is DOTTED
    assert choose_glyphs(colours + 1, coloured=True, ascii_only=False) is LETTERED
    assert choose_glyphs(1, coloured=True, ascii_only=True) is ASCII
    monkeypatch.setattr(locale, "getencoding", lambda: "ANSI_X3.4-1968")
    assert choose_glyphs(1, coloured=True, ascii_only=False) is ASCII


def test_ascii_is_ascii():
    curves = [Curve(name, HELD_OUT, [(1, 2.0), (2, 1.0)]) for name in ("fox", "hen")]
    assert "".join(drawn(curves, ASCII)).isascii()
    assert not "".join(drawn(curves, LETTERED)).isascii()
