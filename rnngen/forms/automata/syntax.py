r"""The regular expressions that a form may ask for, as a small tree, with bounds on their size.

The syntax is the part of Python's `re` that finite automata can follow: literals, `.`, classes
`[a-z]`, `\d \w \s` and their opposites, `( )`, `(?: )`, `|`, `* + ?` and `{m,n}`. A line is always
matched in full, so `^` before it and `$` after it say nothing and may stand there. Look-around and
back-references are refused by name. `re` parses, and judges each character, so what a class means
is Python's word and not ours. It never matches a text: there it may take exponential time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from rnngen.errors import FormError

MOST_POSITIONS = 1000
"""Characters of a pattern that is written out, without { }."""
_MOST_CHARACTERS = 1000
_MOST_DEPTH = 50
_SHOWN = 60


@dataclass(frozen=True)
class Char:
    """One character, of those that `test` matches."""

    test: re.Pattern[str]


class Sequence(NamedTuple):
    """One part after the other; without parts it is the empty text."""

    parts: tuple[Node, ...]


class Alternatives(NamedTuple):
    """One of the parts."""

    parts: tuple[Node, ...]


class Repeat(NamedTuple):
    """`least` to `most` times `part`; no limit if `most` is None."""

    part: Node
    least: int
    most: int | None


Node = Char | Sequence | Alternatives | Repeat


def parse(pattern: str) -> Node:
    """The tree of a pattern.

    Raises FormError for what is no pattern, for syntax beyond finite automata, and for a pattern
    that stands for more than `MOST_POSITIONS` characters.
    """
    shown = repr(pattern if len(pattern) <= _SHOWN else pattern[: _SHOWN - 3] + "...")
    try:
        return _parse(pattern)
    except (ValueError, OverflowError) as error:
        raise FormError(f"match {shown} {error}.") from error
    except RecursionError as error:
        raise FormError(f"match {shown} is nested too deeply.") from error


def _parse(pattern: str) -> Node:
    from re import _parser  # type: ignore[attr-defined]

    if len(pattern) > _MOST_CHARACTERS:
        raise ValueError(f"has {len(pattern)} characters; at most {_MOST_CHARACTERS} are allowed")
    try:
        parsed = _parser.parse(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from error
    if parsed.state.flags & re.MULTILINE:
        raise ValueError("has the flag m; a line is matched in full")
    items = list(parsed)
    if items and _is_anchor(items[0], "AT_BEGINNING", "AT_BEGINNING_STRING"):
        del items[0]
    if items and _is_anchor(items[-1], "AT_END", "AT_END_STRING"):
        del items[-1]
    tree = _TreeMaker(parsed.state.flags).sequence(items, 0)
    if (size := _positions(tree)) > MOST_POSITIONS:
        raise ValueError(
            f"stands for {size:,} characters once its repeats are written out; at most"
            f" {MOST_POSITIONS:,} are allowed"
        )
    return tree


def _is_anchor(item: tuple[Any, Any], *names: str) -> bool:
    return str(item[0]) == "AT" and str(item[1]) in names


def _positions(node: Node) -> int:
    """How many characters a tree stands for when its repeats are written out."""
    if isinstance(node, Char):
        return 1
    if isinstance(node, Repeat):
        times = node.least + 1 if node.most is None else node.most
        return max(1, _positions(node.part)) * times
    return sum(map(_positions, node.parts))


class _TreeMaker:
    """Makes nodes of the items of `re`'s parse tree."""

    def __init__(self, flags: int) -> None:
        self._flags = flags & (re.IGNORECASE | re.ASCII)
        self._dot = r"[\s\S]" if flags & re.DOTALL else r"[^\n]"

    def sequence(self, items: Any, depth: int) -> Node:
        if depth > _MOST_DEPTH:
            raise ValueError(f"is nested more than {_MOST_DEPTH} deep")
        return Sequence(tuple(self._node(str(name), value, depth) for name, value in items))

    def _node(self, name: str, value: Any, depth: int) -> Node:
        if name == "SUBPATTERN" and not value[1] and not value[2]:
            return self.sequence(value[3], depth + 1)
        if name == "BRANCH":
            return Alternatives(tuple(self.sequence(items, depth + 1) for items in value[1]))
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, items = value
            endless = str(most) == "MAXREPEAT"
            return Repeat(self.sequence(items, depth + 1), least, None if endless else most)
        return Char(re.compile(self._one(name, value), self._flags))

    def _one(self, name: str, value: Any) -> str:
        """The item that reads one character, written as a pattern again."""
        if name == "LITERAL":
            return re.escape(chr(value))
        if name == "NOT_LITERAL":
            return f"[^{re.escape(chr(value))}]"
        if name == "ANY":
            return self._dot
        if name == "IN":
            return f"[{''.join(_member(str(kind), member) for kind, member in value)}]"
        raise ValueError(
            f"has {name.lower()}, which is not supported; use literals, classes, groups, | * + ?"
            " and {m,n}"
        )


def _member(kind: str, value: Any) -> str:
    if kind == "NEGATE":
        return "^"
    if kind == "LITERAL":
        return re.escape(chr(value))
    if kind == "RANGE":
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    letter = str(value).split("_")[-1][0].lower()  # CATEGORY_NOT_DIGIT is \D
    return "\\" + (letter.upper() if "NOT" in str(value) else letter)
