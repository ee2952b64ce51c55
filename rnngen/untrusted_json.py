"""JSON of files that may be anyone's, within limits. Imports no NumPy: it starts at once."""

from __future__ import annotations

import json
import math
import re
from typing import Any

MOST_HEADER_BYTES = 64 << 20
"""A training state lists every file of its text, so a header may be long."""
MOST_JSON_PARTS = 2_000_000
"""Commas and brackets; each may become an object of some 100 bytes."""
MOST_JSON_DEPTH = 32
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[][{}]', re.DOTALL)


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object of a text of unknown origin. Raises ValueError for what we never write.

    That is one too large or nested too deep, a number that is not finite, or a name given twice.
    """
    if count_parts(text) > MOST_JSON_PARTS:
        raise ValueError("its JSON has too many parts")
    if _depth(text) > MOST_JSON_DEPTH:
        raise ValueError(f"its JSON is nested more than {MOST_JSON_DEPTH} deep")
    value = json.loads(
        text,
        parse_int=_limited,
        parse_float=_finite,
        parse_constant=_finite,
        object_pairs_hook=_without_doubles,
    )
    if not isinstance(value, dict):
        raise ValueError("its JSON is not an object")
    return value


def count_parts(text: str) -> int:
    return sum(text.count(sign) for sign in ",[{")


def _depth(text: str) -> int:
    """How deep lists and objects are nested in a JSON text."""
    deepest = depth = 0
    for found in STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest


def _limited(text: str) -> int:
    number = int(text)
    if abs(number) >= 1 << 63:
        raise ValueError("it has a number of more than 64 bits")
    return number


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name is given twice")
    return values
