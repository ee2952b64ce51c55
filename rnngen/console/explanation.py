"""An explanation on a terminal: a line a token, strips of gates under the text, a histogram."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING

from rnngen.analysis.trace import KEEPING_GATE
from rnngen.analysis.units import LEAST_CORRELATION, bin_names, histogram
from rnngen.console import wrap
from rnngen.console.surprise import CONTROLS, END_MARK, LINE_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnngen.analysis.explain import Alternative, Explanation, Strip
    from rnngen.analysis.units import Follower

BLOCKS = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
CONNECTED = 3
"""Earlier tokens that are named beside each."""
CONNECTED_MEANS = (
    "Connected: the earlier tokens to whose input vectors the token's log-probability has the "
    "longest gradient. The number is the effect in bits, + made it likelier."
)
STRIPS_MEAN = "Gates: the mean of all units, and the units that move most. Empty is 0, full is 1."
TIMES_MEAN = (
    "Units by the characters after which 1/e of their memory is left, by their mean {} gate"
)
FOLLOWERS_MEAN = (
    "Units that follow the text: chosen on its first half, measured on the second, on {}"
)
LABEL = 13
BAR = 30


def lines(found: Explanation, width: int) -> Iterator[str]:
    """What `rnngen explain` prints. Prose and strips are at most `width` characters wide."""
    yield from _tokens(found)
    yield ""
    if found.label is not None:
        yield f"Read as a text of {visible(found.begins_with)}."
    yield from wrap(
        f"{found.bits.sum():.2f} bits, {found.bits_per_character:.3f} a character. Half of all "
        f"connectivity lies within {found.reach():.0f} characters.",
        width,
    )
    yield from wrap(CONNECTED_MEANS, width)
    yield ""
    yield from wrap(STRIPS_MEAN, width)
    yield from _strips(found, width)
    yield ""
    yield from wrap(TIMES_MEAN.format(KEEPING_GATE[found.cell]), width)
    yield from _memory(found)
    yield ""
    yield from wrap(FOLLOWERS_MEAN.format(found.measured_on), width)
    yield from _followers(found, width)


def _tokens(found: Explanation) -> Iterator[str]:
    names = [visible(token) for token in found.tokens]
    width = max(5, *map(cells, names))
    expected = [_expected(place) for place in found.alternatives]
    middle = max(8, *map(cells, expected))
    yield f" bits  {_padded('token', width)}  {_padded('expected', middle)}  connected"
    for index, (name, place) in enumerate(zip(names, expected, strict=True)):
        connected = ", ".join(
            f"{_input(found, column)} {effect:+.2f}"
            for column, effect in found.strongest(index, CONNECTED)
        )
        shown = f"{_padded(name, width)}  {_padded(place, middle)}  {connected}"
        yield f"{found.bits[index]:5.2f}  {shown}"
    yield f"    -  {_padded('next', width)}  {_expected(found.next)}"


def _expected(place: Sequence[Alternative]) -> str:
    return ", ".join(
        f"{END_MARK if each.ends else _quoted(each.text)} {each.probability:.0%}" for each in place
    )


def _input(found: Explanation, column: int) -> str:
    text = found.input_text(column)
    return _quoted(text) if column else visible(text)


def _quoted(token: str) -> str:
    return f"'{visible(token)}'"


def visible(token: str) -> str:
    """A token in one line: line ends and control characters as pictures."""
    return token.replace("\n", LINE_MARK).replace("\t", "\u2192").translate(CONTROLS)


def cells(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def _strips(found: Explanation, width: int) -> Iterator[str]:
    strips = found.strips()
    names = [visible(token) for token in found.tokens]
    room = max(10, width - LABEL - 2)
    for first, last in _rows([cells(name) for name in names], room):
        layer = -1
        yield f"{'':{LABEL}}  {''.join(names[first:last])}"
        for strip in strips:
            if strip.layer != layer:
                layer = strip.layer
                yield f"layer {layer + 1}"
            yield f" {strip.label:<{LABEL}} {_strip(strip, names, first, last)}"


def _rows(widths: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """Which tokens stand in each row of the text: [first, last)."""
    first = used = 0
    for index, width in enumerate(widths):
        if used + width > room and index > first:
            yield first, index
            first, used = index, 0
        used += width
    yield first, len(widths)


def _strip(strip: Strip, names: Sequence[str], first: int, last: int) -> str:
    """A block for each column of the text: all of a token's are as high as its number."""
    top = len(BLOCKS) - 1
    return "".join(
        BLOCKS[max(0, min(top, round(float(value) * top)))] * cells(name)
        for value, name in zip(strip.values[first:last], names[first:last], strict=True)
    )


def _memory(found: Explanation) -> Iterator[str]:
    """A histogram for each layer, side by side."""
    counts = [histogram(layer) for layer in found.time_constants]
    most = max(1, *(max(layer) for layer in counts))
    bar = max(6, BAR // len(counts))
    heads = (f" {f'layer {k + 1}':>7} {'':{bar}}" for k in range(len(counts)))
    yield f" {'':9}{''.join(heads)}".rstrip()
    for name, *row in zip(bin_names(), *counts, strict=True):
        bars = (f" {count:7,} {'#' * math.ceil(count / most * bar):<{bar}}" for count in row)
        yield f" {name:>9}{''.join(bars)}".rstrip()


def _followers(found: Explanation, width: int) -> Iterator[str]:
    for each in found.followers:
        yield (
            f"  {each.feature:<16} layer {each.layer + 1}, unit {each.unit:<5} correlation "
            f"{each.correlation:+.3f}, shuffled {each.shuffled:.3f}: {_label_of(each)}"
        )
    if found.missing:
        missing = ", ".join(found.missing)
        yield from wrap(f"  not measured, the text is too short or has none: {missing}", width)


def _label_of(found: Follower) -> str:
    if found.is_labelled:
        return "follows it"
    is_high = abs(found.correlation) >= LEAST_CORRELATION
    return f"no label ({'shuffled is as high' if is_high else f'under {LEAST_CORRELATION}'})"
