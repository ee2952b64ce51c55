"""How signs that stand for words are said, and which signs are silent.

A sign that is no punctuation and stands for no word (an emoji) is not spoken, as far as anyone can
tell: it has the reading "", and is never sure.
"""

from __future__ import annotations

import unicodedata

from rnngen.forms.language import numbers

Readings = tuple[str, ...]
_DEGREES = ("degrees {0}", "degrees {1}", "degrees", "{0}")
SYMBOLS: dict[str, Readings] = {
    "&": ("and",),
    "+": ("plus", "and"),
    "=": ("equals", "is", "makes", "equal"),
    "%": ("percent",),
    "\u2030": ("per thousand", "per mille"),
    "@": ("at",),
    "#": ("number", "hashtag", "hash", "pound", "sharp"),
    "*": ("", "star", "asterisk", "times"),
    "/": ("slash", "or", "and", "", "per", "over"),
    "\\": ("", "backslash"),
    "~": ("", "about", "tilde"),
    "^": ("", "caret"),
    "_": ("", "underscore"),
    "|": ("", "bar", "or"),
    "<": ("", "less than"),
    ">": ("", "greater than", "more than"),
    "\u00b0": ("degrees", "degree"),
    "\u2103": tuple(way.format("celsius", "c") for way in _DEGREES),
    "\u2109": tuple(way.format("fahrenheit", "f") for way in _DEGREES),
    "\u00d7": ("times", "by", "x"),
    "\u00f7": ("divided by", "over"),
    "\u00b1": ("plus or minus", "plus minus"),
    "\u2212": ("minus", "", "negative"),
    "\u2248": ("about", "approximately", "is about"),
    "\u2260": ("is not", "not equal to", "does not equal"),
    "\u2264": ("at most", "less than or equal to"),
    "\u2265": ("at least", "greater than or equal to"),
    "\u221e": ("infinity",),
    "\u221a": ("root", "square root", "the square root of"),
    "\u00a7": ("section",),
    "\u00b6": ("", "paragraph"),
    "\u00a9": ("", "copyright"),
    "\u00ae": ("", "registered"),
    "\u2122": ("", "trademark", "t m"),
    "\u2116": ("number",),
    "\u2020": ("", "dagger"),
    "\u00a2": ("cents", "cent"),
    "$": ("dollars", "dollar", "bucks"),
    "\u00a3": ("pounds", "pound"),
    "\u20ac": ("euros", "euro"),
    "\u00a5": ("yen",),
    "\u2192": ("", "to", "arrow"),
    "\u2190": ("", "from", "arrow"),
    "\u2191": ("", "up", "arrow"),
    "\u2193": ("", "down", "arrow"),
    "\u2665": ("", "heart", "hearts", "love"),
    "\u2661": ("", "heart", "hearts", "love"),
    "\u2764": ("", "heart", "hearts", "love"),
    "\u2605": ("", "star", "stars"),
    "\u2606": ("", "star", "stars"),
    "\u2600": ("", "sun"),
    "\u2713": ("", "check"),
    "\u00b2": ("squared", "two"),
    "\u00b3": ("cubed", "three"),
}
_BETWEEN = {".": ("", "dot", "point"), ":": ("", "colon", "to")}


def is_silent(char: str) -> bool:
    """Whether the sign is punctuation or a blank, which nobody says.

    >>> [is_silent(char) for char in ",\u2014\u201c&\u263d"]
    [True, True, True, False, False]
    """
    category = unicodedata.category(char)
    return (category[0] in "PZ" and char not in SYMBOLS) or category in ("Cc", "Mn", "Me")


def said(char: str, *, attached: bool) -> Readings:
    """The ways a sign that is not silent may be said, "" where it may not be.

    attached: a word follows at once, as in @home and #rain.
    """
    ways = SYMBOLS.get(char)
    if ways is None:
        number = unicodedata.digit(char, None)  # of a circled or raised figure
        return numbers.cardinal(int(number)) if number is not None else ("",)
    return (*ways, "") if attached and char in "@#" else ways


def between(char: str) -> Readings:
    """What a full stop or a colon may be said as between two letters: end.It, foo.com."""
    return _BETWEEN.get(char, ())
