"""Curves as characters: axes with numbers, lines of Braille dots or of letters, and a legend.

A Braille character is a grid of 2 x 4 dots, but has one colour. So lines are drawn with dots where
colours tell the runs apart or there is one run; else with letters, `a` for the first run.
"""

from __future__ import annotations

import locale
import math
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from rnngen.plotting.curves import HELD_OUT, TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rnngen.plotting.curves import Curve, View

    Segment = tuple[str, str]
    """Text and its colour, a name of Rich's; empty for the terminal's own."""
    Line = list[Segment]
    Place = tuple[int, int]
    """Row from above, column."""

COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SEVERAL = "*"
BRAILLE = 0x2800
DOT_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""DOT_BITS[row][column]: the bit of a dot in a Braille character's code point."""


@dataclass(frozen=True)
class Glyphs:
    """What a chart is drawn with."""

    dots: tuple[int, int]
    """Columns and rows of dots in a character."""
    side: str
    side_tick: str
    corner: str
    floor: str
    floor_tick: str

    @property
    def are_letters(self) -> bool:
        return self.dots == (1, 1)

    def line_of(self, run: int) -> str:
        """How the legend shows the line of a run."""
        return LETTERS[run] if self.are_letters else "\u2812\u2812"

    def mark_of(self, run: int) -> str:
        """A measurement of a run's held-out text."""
        return LETTERS[run].upper() if self.are_letters else "\u25cf"


DOTTED = Glyphs((2, 4), "\u2502", "\u2524", "\u2514", "\u2500", "\u252c")
LETTERED = Glyphs((1, 1), "\u2502", "\u2524", "\u2514", "\u2500", "\u252c")
ASCII = Glyphs((1, 1), "|", "+", "+", "-", "+")


def choose_glyphs(num_runs: int, *, coloured: bool, ascii_only: bool) -> Glyphs:
    """Dots where they can tell the runs apart; ASCII where the locale has no more."""
    if ascii_only or locale.getencoding().lower().replace("-", "") != "utf8":
        return ASCII
    return DOTTED if num_runs == 1 or (coloured and num_runs <= len(COLOURS)) else LETTERED


def chart(
    curves: Sequence[Curve], view: View, glyphs: Glyphs, *, width: int, height: int
) -> Iterator[Line]:
    """The lines of a chart of one curve or more, each with a point, of at most 26 runs.

    width: of the whole, in characters.  height: of the part in which curves are drawn.
    """
    columns, rows = glyphs.dots
    y = Scale.over((y for curve in curves for _, y in curve.points), height * rows)
    at_row = {(y.dots - 1 - y.dot(tick)) // rows: tick for tick in y.ticks(max(2, height // 2))}
    labels = dict(zip(at_row, y.labels(list(at_row.values())), strict=True))
    margin = max(map(len, labels.values()), default=0)
    plot = max(1, width - margin - 2)
    x = Scale.over((x for curve in curves for x, _ in curve.points), plot * columns, log=view.log_x)
    canvas = _draw(curves, glyphs, x, y, height)
    area = [canvas.line(row, plot) for row in range(height)]
    yield [(view.y_label, "")]
    for row, line in enumerate(area):
        side = glyphs.side_tick if row in labels else glyphs.side
        yield [(f"{labels.get(row, ''):>{margin}} {side}", ""), *line]
    floor, numbers = _x_axis(x, glyphs, plot, view.x_label)
    yield [(" " * (margin + 1) + glyphs.corner + floor, "")]
    yield [(" " * (margin + 2) + numbers, "")]
    yield from _legend(curves, view, glyphs, width)
    if any(SEVERAL in text for line in area for text, _ in line):
        yield [(f"{SEVERAL} several runs", "")]


@dataclass(frozen=True)
class Scale:
    """Values along an axis of dots, the lowest on dot 0."""

    low: float
    high: float
    dots: int
    log: bool = False
    """Equal steps are equal factors; low and high are decimal logarithms then."""

    @classmethod
    def over(cls, values: Iterable[float], dots: int, *, log: bool = False) -> Scale:
        """The scale that the lowest and the highest value span; a lone one is in its middle."""
        places = [math.log10(value) if log else value for value in values]
        low, high = min(places), max(places)
        if high - low <= 1e-9 * max(abs(low), abs(high), 1e-100):
            margin = abs(high) / 2 or 1.0
            low, high = low - margin, high + margin
        return cls(low, high, dots, log)

    def dot(self, value: float) -> int:
        """The dot nearest to a value between the lowest and the highest."""
        place = math.log10(value) if self.log else value
        return round((place - self.low) / (self.high - self.low) * (self.dots - 1))

    def ticks(self, most: int) -> list[float]:
        """Round values on the scale, about `most` at most: 1, 2 or 5 times a power of ten."""
        if self.log:
            first, last = math.floor(self.low), math.ceil(self.high)
            for digits in ((1, 2, 5), (1,)):
                found = [d * 10.0**k for k in range(first, last + 1) for d in digits]
                found = [v for v in found if self.low <= math.log10(v) <= self.high]
                if 2 <= len(found) <= most:
                    return found
        low, high = (10**self.low, 10**self.high) if self.log else (self.low, self.high)
        least = (high - low) / most
        unit = 10.0 ** math.floor(math.log10(least))
        step = next(unit * digit for digit in (1, 2, 5, 10) if unit * digit >= least * (1 - 1e-9))
        first, last = math.ceil(low / step), math.floor(high / step)
        return [value for k in range(first, last + 1) if low <= (value := k * step) <= high]

    def labels(self, ticks: Sequence[float]) -> list[str]:
        """Ticks in as few decimals as tell them apart, or with k and M for large ones."""
        highest = max(map(abs, ticks), default=0.0)
        if self.log or not 1e-3 <= highest < 1e4:
            return [_short(tick) for tick in ticks]
        short = [f"{tick:.6g}" for tick in ticks]
        decimals = max(len(text.partition(".")[2]) for text in short)
        return [f"{tick:.{decimals}f}" for tick in ticks]


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if size <= abs(value) < 1e12:
            return f"{value / size:.6g}{letter}"
    return f"{value:.6g}"


class _Canvas:
    """What is in each character of the part in which curves are drawn."""

    def __init__(self, glyphs: Glyphs, height: int) -> None:
        self._columns, self._rows = glyphs.dots
        self._top = height * self._rows - 1
        self._bits: dict[Place, int] = {}
        self._colours: dict[Place, str] = {}
        self._letters: dict[Place, dict[str, str]] = {}
        self._marks: dict[Place, dict[str, str]] = {}
        """Place -> the marks there, and their colours."""

    def dot(self, x: int, y: int, colour: str) -> None:
        """Add the dot x from the left, y from below."""
        place = self._place(x, y)
        bit = DOT_BITS[(self._top - y) % self._rows][x % self._columns]
        self._bits[place] = self._bits.get(place, 0) | bit
        self._colours[place] = colour

    def letter(self, x: int, y: int, colour: str, letter: str) -> None:
        """Add a letter of a line in the character that has the dot."""
        self._letters.setdefault(self._place(x, y), {})[letter] = colour

    def mark(self, x: int, y: int, colour: str, mark: str) -> None:
        """Add a mark, which hides lines, in the character that has the dot."""
        self._marks.setdefault(self._place(x, y), {})[mark] = colour

    def line(self, row: int, width: int) -> Line:
        """The characters of a row, those of one colour together."""
        shown = (self._shown((row, column)) for column in range(width))
        return [
            ("".join(text for text, _ in same), colour)
            for colour, same in groupby(shown, lambda segment: segment[1])
        ]

    def _place(self, x: int, y: int) -> Place:
        return (self._top - y) // self._rows, x // self._columns

    def _shown(self, place: Place) -> Segment:
        if found := self._marks.get(place) or self._letters.get(place):
            return next(iter(found.items())) if len(found) == 1 else (SEVERAL, "")
        bits = self._bits.get(place, 0)
        return (chr(BRAILLE | bits), self._colours[place]) if bits else (" ", "")


def _draw(curves: Sequence[Curve], glyphs: Glyphs, x: Scale, y: Scale, height: int) -> _Canvas:
    """Lines first, so that they hide no measurement.

    Held-out text is measured now and then: its points are joined only where no other line is.
    """
    canvas = _Canvas(glyphs, height)
    runs = list(dict.fromkeys(curve.run for curve in curves))
    lines = {curve.kind for curve in curves} & {TRAINING} or {HELD_OUT}
    for curve in curves:
        if curve.kind in lines:
            run = runs.index(curve.run)
            for dot in _interpolate([(x.dot(a), y.dot(b)) for a, b in curve.points]):
                if glyphs.are_letters:
                    canvas.letter(*dot, _colour(run), glyphs.line_of(run))
                else:
                    canvas.dot(*dot, _colour(run))
    for curve in curves:
        if curve.kind == HELD_OUT:
            run = runs.index(curve.run)
            for a, b in curve.points:
                canvas.mark(x.dot(a), y.dot(b), _colour(run), glyphs.mark_of(run))
    return canvas


def _interpolate(dots: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The dots and, between each and the next, those nearest to the straight line."""
    yield dots[0]
    for (x0, y0), (x1, y1) in pairwise(dots):
        steps = max(abs(x1 - x0), abs(y1 - y0))
        for k in range(1, steps + 1):
            yield x0 + round((x1 - x0) * k / steps), y0 + round((y1 - y0) * k / steps)


def _x_axis(x: Scale, glyphs: Glyphs, width: int, unit: str) -> tuple[str, str]:
    """The floor of the chart with its ticks, and the numbers below; the last one has the unit."""
    floor, numbers = [glyphs.floor] * width, [" "] * width
    ticks = x.ticks(max(2, width // 9))
    labels = x.labels(ticks)
    free = width
    for index in range(len(ticks) - 1, -1, -1):
        text = labels[index] + (f" {unit}" if index == len(ticks) - 1 else "")
        column = x.dot(ticks[index]) // glyphs.dots[0]
        start = max(0, min(column - len(labels[index]) // 2, free - len(text)))
        if start + len(text) > free:
            continue
        floor[column] = glyphs.floor_tick
        numbers[start : start + len(text)] = text
        free = start - 2
    return "".join(floor), "".join(numbers)


def _legend(curves: Sequence[Curve], view: View, glyphs: Glyphs, width: int) -> Iterator[Line]:
    """A table: the last and the best value of each run, in the marks and colours of its curves."""
    runs: dict[str, dict[str, Curve]] = {}
    for curve in curves:
        runs.setdefault(curve.run, {})[curve.kind] = curve
    kinds = [kind for kind in (TRAINING, HELD_OUT) if any(kind in found for found in runs.values())]
    table = [[text for kind in kinds for text in ("", kind.replace("_", " "))]]
    if HELD_OUT in kinds:
        table[0] += ["best", f"at {view.x}"]
    for number, found in enumerate(runs.values()):
        row = []
        for kind in kinds:
            mark = (glyphs.line_of if kind == TRAINING else glyphs.mark_of)(number)
            row += [mark, _loss(found[kind].last[1])] if kind in found else ["", "-"]
        if HELD_OUT in found:
            x, y = found[HELD_OUT].best
            row += [_loss(y), f"{x:,.0f}" if view.x in ("step", "tokens") else f"{x:.2f}"]
        elif HELD_OUT in kinds:
            row += ["-", "-"]
        table.append(row)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for number, (row, name) in enumerate(zip(table, ("", *runs), strict=True)):
        cells = [f"{text:>{w}}" for text, w in zip(row, widths, strict=True)]
        text = " ".join(cells)
        name = _shorten_name(name, width - len(text) - 2)
        yield [(text, ""), (f"  {name}", "" if number == 0 else _colour(number - 1))]


def _shorten_name(name: str, width: int) -> str:
    """A run's name in `width` characters, without any that would steer the terminal."""
    name = "".join(c if c.isprintable() else "?" for c in name)
    if len(name) <= width:
        return name
    return name[: width - 3] + "..." if width > 3 else name[: max(1, width)]


def _loss(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:.3g}"


def _colour(run: int) -> str:
    return COLOURS[run % len(COLOURS)]
