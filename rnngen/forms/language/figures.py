"""Figures as they are read aloud: numbers, times, money, dates, fractions, ordinals, decades.

They are said in words, the likeliest reading first. Several ways are usual for nearly all of them,
so what they say is never sure.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from rnngen.forms.language import numbers
from rnngen.forms.language.numbers import Readings, cardinal, digits, distinct, ordinal, whole

if TYPE_CHECKING:
    from collections.abc import Callable

_FRACTIONS = "".join(
    chr(code)
    for code in (*range(0xBC, 0xBF), *range(0x2150, 0x215F), 0x2189)
    if "FRACTION" in unicodedata.name(chr(code), "")
)
_COINS = {
    "$": ("dollar", "cents"),
    "£": ("pound", "pence"),
    "€": ("euro", "cents"),
    "¥": ("yen", ""),
    "₹": ("rupee", "paise"),
    "₽": ("ruble", ""),
    "₩": ("won", ""),
    "₿": ("bitcoin", ""),
}
_SCALES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion"}
_UNITS = {
    "km": ("kilometers", "k m"),
    "m": ("meters", "million", "m", "minutes"),
    "cm": ("centimeters",),
    "mm": ("millimeters",),
    "kg": ("kilograms", "kilos"),
    "g": ("grams", "g"),
    "mg": ("milligrams",),
    "lb": ("pounds",),
    "lbs": ("pounds",),
    "oz": ("ounces",),
    "ft": ("feet", "foot"),
    "in": ("inches", "inch", "in"),
    "mi": ("miles",),
    "mph": ("miles an hour", "miles per hour", "m p h"),
    "kph": ("kilometers an hour", "k p h"),
    "h": ("hours", "h"),
    "hr": ("hours", "hour"),
    "hrs": ("hours",),
    "min": ("minutes", "minute"),
    "mins": ("minutes",),
    "s": ("seconds",),
    "sec": ("seconds", "second"),
    "ml": ("milliliters",),
    "l": ("liters",),
    "gb": ("gigabytes", "gigs", "g b"),
    "mb": ("megabytes", "megs", "m b"),
    "tb": ("terabytes", "t b"),
    "kb": ("kilobytes", "k b"),
    "hz": ("hertz",),
    "khz": ("kilohertz",),
    "w": ("watts",),
    "v": ("volts",),
    "x": ("times", "x"),
    "k": ("thousand", "k"),
    "bn": ("billion",),
    "am": ("a m", "in the morning"),
    "pm": ("p m",),
    "c": ("celsius", "c", "cents"),
    "f": ("fahrenheit", "f"),
    "yr": ("years", "year"),
    "yrs": ("years",),
}
# After a blank too: 5 km, but not 5 m or 5 in.
_UNIT = "|".join(_UNITS)
_APART = "|".join(unit for unit in _UNITS if len(unit) > 1 and unit != "in")
_MOST_WAYS = 120  # three numbers in a row are read in 108
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)"
_MONEY = "".join(map(re.escape, _COINS))
_BEGINS = re.compile(rf"[{_MONEY}{_FRACTIONS}'.]?\s?\d|[{_FRACTIONS}]")
_AMOUNT = rf"{_NUMBER}(?:[.,]\d+)?|\.\d+"


def read_at(text: str, place: int) -> tuple[int, Readings]:
    """Where the figures that begin at `place` end, and how they are said; (place, ()) if none do.

    >>> read_at("at 7:30", 3)
    (7, ('seven thirty', 'half past seven', 'thirty past seven', 'seven to thirty'))
    """
    if not _BEGINS.match(text, place):
        return place, ()
    found = [(pattern.match(text, place), reader) for pattern, reader in _patterns()]
    # The longest is what was meant; among equals the first, which is the more special.
    match, reader = max(
        ((match, reader) for match, reader in found if match),
        key=lambda pair: pair[0].end(),
        default=(None, _whole),
    )
    return (match.end(), distinct(reader(match))[:_MOST_WAYS]) if match else (place, ())


def _whole(match: re.Match[str]) -> Readings:
    return _plain(match["number"])


def _plain(number: str) -> Readings:
    return cardinal(_value(number)) if "," in number else whole(number)


def _value(number: str) -> int:
    return min(int(number.replace(",", "")), numbers.LARGEST)


def _ordinal(match: re.Match[str]) -> Readings:
    return ordinal(_value(match["number"]))


def _decimal(match: re.Match[str]) -> Readings:
    return _amount(match["number"])


def _amount(number: str) -> Readings:
    """A number that may have a decimal part: three point one four, one and a half."""
    first, _, rest = number.rpartition(".") if "." in number else (number, "", "")
    if not rest and re.fullmatch(r"\d+,\d{1,2}", number):
        first, _, rest = number.partition(",")
    if not rest:
        return _plain(number)
    before = _plain(first)[:4] if first.strip("0") else ("zero", "oh", "nought", "")
    after = [*digits(rest), *(cardinal(int(rest)) if len(rest) == 2 and rest[0] != "0" else ())]
    ways = [f"{one} point {other}".strip() for one in before for other in after]
    if len(rest) == 2:  # a price, or a time with a point
        ways += [f"{one} {other}" for one in before if one for other in after]
    if rest == "5":
        ways += [f"{one} and a half" for one in before if first.strip("0")] or ["half", "a half"]
    return tuple(ways)


def _money(match: re.Match[str]) -> Readings:
    name, small = _COINS[match["coin"] or match["coin_after"]]
    amount, scale = match["amount"], _SCALES.get((match["scale"] or "").lower(), "")
    scale = scale or (match["word"] or "").strip().lower()
    many = "" if name in ("yen", "won") else "s"
    if scale:
        return tuple(f"{way} {scale} {name}{many}" for way in _amount(amount))
    units, _, cents = amount.partition(".")
    if len(cents) == 2 and units:
        low = cardinal(int(cents))[0]
        ways = [f"{way} {low}" for way in _plain(units)] if int(cents) else []
        ways += [f"{way} {name}{many}" for way in _plain(units) if not int(cents)]
        ways += [f"{way} {name}{many} and {low} {small}" for way in _plain(units)]
        return tuple(ways)
    if amount == "1":
        return (f"one {name}", f"a {name}")
    return tuple(f"{way} {name}{many}" for way in _amount(amount))


def _time(match: re.Match[str]) -> Readings:
    hour, minute = int(match["hour"]), int(match["minute"])
    now, then = cardinal(hour)[0], cardinal(hour % 12 + 1)[0]
    low = cardinal(minute)[0]
    if minute == 0:
        ways = [now, f"{now} o'clock", f"{now} hundred"]
        ways += {0: ["midnight"], 12: ["noon", "midnight"]}.get(hour, [])
    elif minute < 10:
        ways = [f"{now} oh {low}", f"{now} {low}", f"{low} past {now}", f"{low} after {now}"]
    else:
        ways = [f"{now} {low}"]
        past = {15: ("quarter", "a quarter"), 30: ("half",)}.get(minute, ())
        ways += [f"{way} past {now}" for way in past]
        if minute == 45:
            ways += [f"{way} to {then}" for way in ("quarter", "a quarter")]
        elif minute % 5 == 0 and minute != 30:
            ways += [f"{low} past {now}", f"{cardinal(60 - minute)[0]} to {then}"]
    if match["second"]:
        ways = [f"{way} and {cardinal(int(match['second']))[0]} seconds" for way in ways[:1]]
        ways += [f"{now} {low} {cardinal(int(match['second']))[0]}"]
    elif minute % 5:
        ways += [f"{now} to {low}"]  # a ratio or a score
    half = re.sub(r"\W", "", match["half"] or "").lower()
    return tuple(f"{way} {half[0]} m" for way in ways) if half else tuple(ways)


def _range(match: re.Match[str]) -> Readings:
    parts = [_plain(part)[:3] for part in re.split(r"\D+", match[0])]
    ways = list(parts[0])
    for part in parts[1:]:
        ways = [f"{way}{joint}{one}" for way in ways for joint in (" ", " to ") for one in part]
    return tuple(ways)


def _date(match: re.Match[str]) -> Readings:
    """Three numbers, parted by dots, slashes or dashes: each by itself."""
    ways = [""]
    for part in re.split(r"\D+", match[0]):
        ways = [f"{way} {one}".strip() for way in ways for one in whole(part)[:3]]
    return tuple(ways)


def _fraction(match: re.Match[str]) -> Readings:
    top, bottom = int(match["top"]), int(match["bottom"])
    ways = [*_parts(top, bottom), f"{cardinal(top)[0]} over {cardinal(bottom)[0]}"]
    ways += [
        f"{cardinal(top)[0]} {cardinal(bottom)[0]}",
        f"{cardinal(top)[0]} out of {cardinal(bottom)[0]}",
    ]
    return _with_whole(match["whole"], tuple(ways))


def _vulgar(match: re.Match[str]) -> Readings:
    top, _, bottom = unicodedata.normalize("NFKC", match["sign"]).partition("\u2044")
    return _with_whole(match["whole"], _parts(int(top), int(bottom or 1)))


def _with_whole(number: str | None, ways: Readings) -> Readings:
    return tuple(f"{_plain(number)[0]} and {way}" for way in ways) if number else ways


def _parts(top: int, bottom: int) -> Readings:
    """a half, three quarters, two thirds."""
    names = {2: ("half",), 4: ("quarter", "fourth")}.get(bottom) or ordinal(bottom)
    if top == 1:
        return tuple(f"{first}{name}" for name in names for first in ("a ", "one ", ""))
    plural = ["halves" if name == "half" else name + "s" for name in names]
    return tuple(f"{cardinal(top)[0]} {name}" for name in plural)


def _several(match: re.Match[str]) -> Readings:
    """nineteen nineties, threes; or a few seconds."""
    ways = whole(match["number"])[:3]
    return (*map(numbers.plural, ways), *(f"{way} seconds" for way in ways if "'" not in match[0]))


def _height(match: re.Match[str]) -> Readings:
    feet, inches = (cardinal(int(match[name]))[0] for name in ("feet", "inches"))
    return tuple(f"{feet}{joint}{inches}" for joint in (" ", " foot ", " feet "))


def _measured(match: re.Match[str]) -> Readings:
    return tuple(
        f"{way} {name}"
        for way in _amount(match["number"])
        for name in _UNITS[match["unit"].lower()]
    )


# Each kind of figures; the first that matches in full is read. At most four are joined: the ways
# to read several are those of each, multiplied.
_READERS: tuple[tuple[str, Callable[[re.Match[str]], Readings]], ...] = (
    (
        rf"(?:(?P<coin>[{_MONEY}])\s?)?(?P<amount>{_AMOUNT})(?P<scale>k|mn?|bn?)?"
        rf"(?P<word>\s(?:hundred|thousand|million|billion))?(?(coin)|\s?(?P<coin_after>[{_MONEY}]))",
        _money,
    ),
    (
        r"(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
        r"(?P<half>\s?[ap]\.?m\b\.?)?",
        _time,
    ),
    (rf"(?P<number>{_NUMBER})(?:st|nd|rd|th|º|ª)", _ordinal),
    (rf"(?:(?P<whole>\d+)\s?)?(?P<sign>[{_FRACTIONS}])", _vulgar),
    (r"\d+([./\-\u2013])\d+(?:\1\d+){1,3}", _date),
    (r"(?:(?P<whole>\d+)\s)?(?P<top>\d+)[/\u2044](?P<bottom>[1-9]\d*)", _fraction),
    (r"\d+[-\u2010-\u2014:]\d+(?:[-\u2010-\u2014:]\d+){0,3}", _range),
    (r"'?(?P<number>\d+)'?s", _several),
    (r"(?P<feet>\d)' ?(?P<inches>\d\d?)(?:\"|''|\u201d)?", _height),
    (
        rf"(?P<number>{_AMOUNT})(?P<unit>{_UNIT})",
        _measured,
    ),
    (
        rf"(?P<number>{_AMOUNT}) (?P<unit>{_APART})",
        _measured,
    ),
    (rf"(?P<number>{_NUMBER})", _whole),
    (rf"(?P<number>{_AMOUNT})", _decimal),
)


@cache
def _patterns() -> list[tuple[re.Pattern[str], Callable[[re.Match[str]], Readings]]]:
    return [
        *(
            (re.compile(rf"(?:{pattern})(?!\w)", re.IGNORECASE), reader)
            for pattern, reader in _READERS
        ),
        (re.compile(rf"(?P<number>{_NUMBER})"), _whole),  # letters follow: 3D, 2nite
    ]
