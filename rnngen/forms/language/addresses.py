"""Addresses as Twitter finds them in a text, in time that grows as the text does.

An address is a host whose last label is a published top-level domain (data/domains.txt), with
`http://` or `https://` before it or not, and a path. Without a scheme only the part of the host in
Latin letters counts. A label of more than 63 characters, as punycode, makes no address.

The rules are published as one regular expression. To follow it takes cubic time, and half a minute
for a text such as "a.a.a.a" of 1,500 characters. So its hosts are found label by label here, and
the tests compare the two.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from rnngen.forms.language import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 4096
_LONGEST_SLUG = 40  # of the links that Twitter shortens itself
_SCHEMES = (8, 7)  # characters of https:// and http://
_INVALID = "\ufffe\ufeff\uffff"
_DIRECTIONS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_SPACES = "\\t-\\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_ACCENTED = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
    "\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_IN_PATH = rf"a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTED}"
_ENDS_PATH = rf"+\-a-z\u0400-\u04ff0-9=_#/{_ACCENTED}"
_BRACKETS = rf"\((?:[{_IN_PATH}]+|[{_IN_PATH}]*\([{_IN_PATH}]+\)[{_IN_PATH}]*)\)"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"

_BEFORE = re.compile(rf"[^A-Za-z0-9@\uff20$#\uff03{_INVALID}]|[{_DIRECTIONS}]", re.IGNORECASE)
_SCHEME = re.compile("https?://", re.IGNORECASE)
_HOST = re.compile(
    rf"[^!'#%&()*+,/:;<=>?@\[\]\\^{{|}}~${_SPACES}{_INVALID}{_DIRECTIONS}]+", re.IGNORECASE
)
_LATIN = re.compile(rf"[a-z0-9.{_ACCENTED}-]+", re.IGNORECASE)
_AFTER_HOST = re.compile(
    r"(?::[0-9]+)?"
    rf"(?P<path>/(?:(?:[{_IN_PATH}]|{_BRACKETS})*(?:[{_ENDS_PATH}]|{_BRACKETS}))?)?"
    rf"(?:{_QUERY})?",
    re.IGNORECASE,
)
_SHORTENED = re.compile(rf"https?://t\.co/([a-z0-9]+)(?:{_QUERY})?", re.IGNORECASE)


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where each address of `text` (in NFC) begins and ends, in order.

    >>> [*addresses("see example.com!")]
    [(4, 15)]
    """
    for found in _candidates(text) if "." in text else ():
        if not _resolvable(text, found):
            continue
        if found.start < found.host:
            if length := _linked(text[found.start : found.stop]):
                yield found.start, found.start + length
        elif text[max(0, found.start - 1) : found.start] not in tuple("-_./"):
            yield from _latin(text, found)


@cache
def domains() -> tuple[str, ...]:
    """The top-level domains that make an address, the longest first."""
    lines = (DATA / "domains.txt").read_text(encoding="utf-8").splitlines()
    return tuple(" ".join(line for line in lines if not line.startswith("#")).split())


class _Address(NamedTuple):
    """Places in a text: where the address begins, its host, the host's end, and the whole's."""

    start: int
    host: int
    host_stop: int
    stop: int
    has_path: bool


def _candidates(text: str) -> Iterator[_Address]:
    """What looks like an address, each after the one before it, the leftmost first."""
    done = 0
    for stretch in _HOST.finditer(text):
        hosts = _Hosts(text, *stretch.span(), edges="-_")
        for start, host in _starts(text, *stretch.span()) if hosts.any else ():
            stop = hosts.stop(host) if start >= done + (done > 0) else None
            if stop is None or not (start == 0 or _BEFORE.match(text, start - 1)):
                continue
            rest = _AFTER_HOST.match(text, stop)
            assert rest is not None, "all of it may be missing"
            done = rest.end()
            yield _Address(start, host, stop, done, rest["path"] is not None)


def _starts(text: str, first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where an address may begin and its host, by the places tried in turn."""
    for size in _SCHEMES:
        if first >= size and _SCHEME.fullmatch(text, first - size, first):
            yield first - size, first
    places: Iterator[int] | range = range(first, stop)
    if first == 0 and stop > 1 and _BEFORE.match(text):
        # What may stand before an address is tried as such first.
        places = itertools.chain((1, 0), range(2, stop))
    yield from ((place, place) for place in places)


class _Hosts:
    """The hosts in a stretch of characters that hosts are made of: labels and dots.

    Label n ends at dot n. It may stand within a host if it is not empty, and neither begins nor
    ends with one of `edges`; the last one before the domain has no underscore.
    """

    def __init__(self, text: str, first: int, stop: int, *, edges: str) -> None:
        self._text, self._edges = text, edges
        self._dots = [match.start() for match in re.compile(r"\.").finditer(text, first, stop)]
        self._domains = [_domain_end(text, dot) for dot in self._dots]
        self.any = any(self._domains)
        self._barred = [
            text.rfind("_", before, dot) if edges else -1
            for before, dot in itertools.pairwise([first, *self._dots])
        ]
        # For each label: the last label that ends a host, of a chain that goes on with this one.
        self._ends: list[int | None] = [None] * (len(self._dots) + 1)
        for label in range(len(self._dots) - 1, 0, -1):
            self._ends[label] = self._end(label, self._dots[label - 1] + 1)

    def stop(self, start: int) -> int | None:
        """Where the longest host that begins at `start` ends, domain and all; None if none does."""
        label = bisect_left(self._dots, start)
        end = self._end(label, start) if label < len(self._dots) else None
        return None if end is None else self._domains[end]

    def _end(self, label: int, start: int) -> int | None:
        """The last label of a host whose first is `label`, from `start` on."""
        dot = self._dots[label]
        if start == dot or self._text[start] in self._edges or self._text[dot - 1] in self._edges:
            return None
        if (later := self._ends[label + 1]) is not None:
            return later
        return label if self._domains[label] and self._barred[label] < start else None


def _latin(text: str, found: _Address) -> Iterator[tuple[int, int]]:
    """The parts in Latin letters of a host without a scheme; the last takes the path along."""
    host = text[found.host : found.host_stop]
    parts = []
    for stretch in _LATIN.finditer(host):
        hosts, place = _Hosts(host, *stretch.span(), edges=""), stretch.start()
        while hosts.any and place < stretch.end():
            stop = hosts.stop(place)
            if stop is not None:
                parts.append((found.host + place, found.host + stop))
            place = stop or place + 1
    yield from parts[:-1] if found.has_path else parts
    if found.has_path and parts:
        first, stop = parts[-1]
        yield first, stop + found.stop - found.host_stop


def _resolvable(text: str, found: _Address) -> bool:
    """Whether the host can be written in punycode, and the address is not too long."""
    if found.stop - found.start > _LONGEST:
        return False
    host = text[found.host : found.host_stop]
    try:
        added = len(host.encode("idna")) - len(host)
    except UnicodeError:
        return False
    scheme = found.host - found.start or len("https://")
    # By the published rule a scheme counts twice.
    return scheme + found.stop - found.start + added <= _LONGEST


def _linked(url: str) -> int:
    """How much of an address with a scheme is one: all of it, but for shortened links."""
    found = _SHORTENED.match(url)
    if not found:
        return len(url)
    return len(found[0]) if len(found[1]) <= _LONGEST_SLUG else 0


def _domain_end(text: str, dot: int) -> int | None:
    """Where the domain after a dot ends; None if no domain stands there."""
    found = _domain().match(text, dot + 1)
    return found.end() if found else None


@cache
def _domain() -> re.Pattern[str]:
    # By first letters: most dots are then no more than a look at those.
    by_letter = itertools.groupby(sorted(domains(), key=lambda name: name[0]), lambda name: name[0])
    listed = "|".join(
        f"{letter}(?:{'|'.join(name[1:] for name in names)})" for letter, names in by_letter
    )
    return re.compile(rf"(?:(?:{listed})(?=[^0-9a-z@+-]|$)|xn--[0-9a-z-]+)", re.IGNORECASE)
