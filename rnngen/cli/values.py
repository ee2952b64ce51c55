"""Option values that are more than a word or a number."""

from __future__ import annotations

import math
import re
from typing import Any

from rnngen.config import SampleConfig
from rnngen.errors import ConfigError

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "0": "\0"}
MOST_NUMBERS = 1000
REPEATABLE = ("stop", "ban", "bias")
"""Settings of which each use adds one."""


def unescape(text: str) -> str:
    r"""`text` with \n, \t, \r, \0 and \\ as in a string of most languages."""
    return re.sub(r"\\([ntr0\\])", lambda found: ESCAPES[found[1]], text)


def numbers(option: str, text: str) -> tuple[float, ...]:
    """`0.8`, a list `0.5,1,1.5` or a range `0.5:1.5:0.25` (first, last, step), as numbers.

    Raises ConfigError that names the option.
    """
    try:
        if ":" in text:
            return _range(*map(float, text.split(":")))
        return tuple(map(float, text.split(",")))
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{option} must be a number, a list like 0.5,1 or a range like 0.5:1.5:0.25, "
            f"got {text!r}."
        ) from error


def _range(first: float, last: float, step: float) -> tuple[float, ...]:
    """Both ends included, up to rounding."""
    count = math.floor((last - first) / step + 1e-9) + 1 if step > 0 else 0
    if not 0 < count <= MOST_NUMBERS:
        raise ValueError
    return tuple(round(first + k * step, 10) for k in range(count))


def parse_weighted(option: str, text: str) -> tuple[str, float]:
    """`TEXT=VALUE` as the pair; split at the last `=`. Raises ConfigError."""
    name, equals, value = text.rpartition("=")
    try:
        if name and equals:
            return unescape(name), float(value)
    except ValueError:
        pass
    raise ConfigError(f"{option} must be TEXT=VALUE, like moon=2 or rain=-3, got {text!r}.")


def share(option: str, text: str) -> tuple[int, int]:
    """`I/N` as the pair, 1 <= I <= N. Raises ConfigError that names the option."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise ConfigError(
            f"{option} must be I/N, like 2/8 for the second of eight machines, got {text!r}."
        )
    return int(found[1]), int(found[2])


def of_setting(field: str, text: str, before: Any = None) -> Any:
    """The value of a setting of SampleConfig or of a form that is written as `text`.

    before: the value so far, which a repeatable setting adds to.
    Raises ConfigError.
    """
    if field == "temperature":
        return numbers(f"`{field}`", text)
    if field in REPEATABLE:
        value = parse_weighted(f"`{field}`", text) if field == "bias" else unescape(text)
        return (*(before or ()), value)
    fields = SampleConfig.__dataclass_fields__
    kind = fields[field].type if field in fields else ""
    if "int" in kind or field in ("particles", "budget_ms"):
        return whole(field, text)
    return _number(field, text) if "float" in kind or field == "sharpen" else text


def whole(field: str, text: str) -> int:
    """The whole number that is written as `text`. Raises ConfigError."""
    try:
        return int(text)
    except ValueError as error:
        raise ConfigError(f"`{field}` must be a whole number, got {text!r}.") from error


def _number(field: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"`{field}` must be a number, got {text!r}.") from error
