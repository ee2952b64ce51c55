"""How long a text is as Twitter counts: version 3 of its published rules, as weights.

After NFC, a character weighs 1 in U+0000-10FF, 2000-200D, 2010-201F and 2032-2037, else 2; an emoji
weighs 2 however many code points it is made of; an address weighs 23.

An address is a host whose last label is a published top-level domain (data/domains.txt), with
`http://` or `https://` before it or not, and a path. Without a scheme only the part of the host in
Latin letters counts. A label of more than 63 characters, as punycode, makes no address.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from rnngen.forms.language import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 280
URL_WEIGHT = 23

_LIGHT = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
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
_PICTURE = (
    "[\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f004-\U0001faff]"
)
_EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3"  # keycaps
    "|[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|\U0001f3f4[\U000e0061-\U000e007a]+\U000e007f"  # flags of England, Scotland and Wales
    f"|{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    f"(?:\u200d{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?)*"
    "|[\u00a9\u00ae]\ufe0f?"
)


def weight(text: str) -> int:
    """The weighted length of a whole text; it fits a tweet up to `LIMIT`.

    >>> weight("see example.com"), weight("日本"), weight("🤷‍♂️")
    (27, 4, 2)
    """
    text = re.sub(r"\r\n?", "\n", unicodedata.normalize("NFC", text))
    units = [(first, stop, URL_WEIGHT) for first, stop in addresses(text)]
    units += [(*found.span(), 2) for found in _EMOJI.finditer(text)]
    total = place = 0
    for first, stop, weighs in sorted(units, key=lambda unit: (unit[0], -unit[2])):
        if first >= place:  # one that begins inside another is part of it
            total += sum(map(_weigh, text[place:first])) + weighs
            place = stop
    return total + sum(map(_weigh, text[place:]))


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


def most(char: str) -> int:
    """What one more character can add at most, whatever stands around it, if no address is made."""
    if char in "\u00a9\u00ae":
        return 2
    return sum(map(_weigh, unicodedata.normalize("NFC", char)))


def _weigh(char: str) -> int:
    return 1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2


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
def domains() -> tuple[str, ...]:
    """The top-level domains that make an address, the longest first."""
    lines = (DATA / "domains.txt").read_text(encoding="utf-8").splitlines()
    return tuple(" ".join(line for line in lines if not line.startswith("#")).split())


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
