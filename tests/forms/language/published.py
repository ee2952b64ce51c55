"""The addresses of a text by the published rule, one regular expression: plain, and slow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rnngen.forms.language.addresses import domains

_LONGEST_ADDRESS = 4096
_LONGEST_SLUG = 40  # of the links that Twitter shortens itself
_INVALID = "\ufffe\ufeff\uffff"
_DIRECTIONS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_SPACES = "\\t-\\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_ACCENTED = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268"
    "\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_NO_HOST = rf"!'#%&()*+,\-./:;<=>?@\[\]\\^_{{|}}~${_SPACES}{_INVALID}{_DIRECTIONS}"
_IN_PATH = rf"a-z\u0400-\u04ff0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTED}"
_ENDS_PATH = rf"+\-a-z\u0400-\u04ff0-9=_#/{_ACCENTED}"
_BRACKETS = rf"\((?:[{_IN_PATH}]+|[{_IN_PATH}]*\([{_IN_PATH}]+\)[{_IN_PATH}]*)\)"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_SHORTENED = re.compile(rf"https?://t\.co/([a-z0-9]+)(?:{_QUERY})?", re.IGNORECASE)


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where each address of `text` (in NFC) begins and ends, in order.

    >>> [*addresses("see example.com!")]
    [(4, 15)]
    """
    if "." not in text:
        return
    for match in _address().finditer(text):
        if not _resolvable(match):
            continue
        if match["scheme"]:
            length = _linked(match["url"])
            if length:
                yield match.start("url"), match.start("url") + length
        elif match["before"] not in tuple("-_./"):
            yield from _latin(match)


def _latin(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The parts in Latin letters of a host without a scheme; the last takes the path along."""
    start, host = match.start("host"), match["host"]
    parts = [found.span() for found in _latin_host().finditer(host)]
    for first, stop in parts[:-1] if match["path"] else parts:
        yield start + first, start + stop
    if match["path"] and parts:
        first, stop = parts[-1]
        yield start + first, start + stop + len(match["url"]) - len(host)


def _resolvable(match: re.Match[str]) -> bool:
    """Whether the host can be written in punycode, and the address is not too long."""
    try:
        host = match["host"].encode("idna").decode("ascii")
    except UnicodeError:
        return False
    scheme = match["scheme"] or "https://"
    return len(scheme) + len(match["url"]) + len(host) - len(match["host"]) <= _LONGEST_ADDRESS


def _linked(url: str) -> int:
    """How much of an address with a scheme is one: all of it, but for shortened links."""
    found = _SHORTENED.match(url)
    if not found:
        return len(url)
    return len(found[0]) if len(found[1]) <= _LONGEST_SLUG else 0


@cache
def _domain() -> str:
    return rf"(?:(?:{'|'.join(domains())})(?=[^0-9a-z@+-]|$)|xn--[0-9a-z-]+)"


@cache
def _address() -> re.Pattern[str]:
    host, joined = rf"[^{_NO_HOST}]", rf"(?:-|[^{_NO_HOST}])"
    wide = rf"(?:[_-]|[^{_NO_HOST}])"
    return re.compile(
        rf"(?P<before>[^A-Za-z0-9@\uff20$#\uff03{_INVALID}]|[{_DIRECTIONS}]|^)"
        rf"(?P<url>(?P<scheme>https?://)?"
        rf"(?P<host>(?:{host}(?:{wide}*{host})?\.)*{host}(?:{joined}*{host})?\.{_domain()})"
        r"(?::[0-9]+)?"
        rf"(?P<path>/(?:(?:[{_IN_PATH}]|{_BRACKETS})*(?:[{_ENDS_PATH}]|{_BRACKETS}))?)?"
        rf"(?:{_QUERY})?)",
        re.IGNORECASE,
    )


@cache
def _latin_host() -> re.Pattern[str]:
    return re.compile(rf"(?:[a-z0-9{_ACCENTED}-]+\.)+{_domain()}", re.IGNORECASE)
