"""Cases from a seed: bytes changed at random, values of the wrong kind, texts of odd parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

NUMBERS = [b"0", b"-1", b"1e999", b"NaN", b"9" * 25, b"9" * 5000, b"2147483648", b"0.1", b"1e308"]
EDGES = [0, 1, 0x7F, 0x80, 0xFF]
LONGEST = 1 << 17
"""Bytes of a case: a longer one takes long where no more can be found."""
ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    1e308,
    10**9,
    2**62,
    "",
    "lstm",
    "\x1b]52;c;AAAA\x07",
    "\ud800",
    "x" * 70_000,
    [],
    [[]],
    {},
    {"kind": []},
    {"": {"": {}}},
    [1, 2, 3],
    ["a", "a"],
    [None],
]


def mutated(seeds: Sequence[bytes], rng: Random) -> bytes:
    """One of the seeds with one to six changes."""
    content = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        rng.choice(CHANGES)(content, rng, seeds)
    return bytes(content[:LONGEST])


def _place(content: bytearray, rng: Random) -> tuple[int, int]:
    """A stretch of the content, short more often than long."""
    start = rng.randrange(len(content) + 1)
    length = rng.choice((1, 2, 4, 8, 64, len(content)))
    return start, min(len(content), start + rng.randrange(length + 1))


def _flip(content: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _set(content: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    if content:
        content[rng.randrange(len(content))] = rng.choice((*EDGES, rng.randrange(256)))


def _cut(content: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    del content[rng.randrange(len(content) + 1) :]


def _remove(content: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    start, stop = _place(content, rng)
    del content[start:stop]


def _repeat(content: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    start, stop = _place(content, rng)
    content[start:start] = content[start:stop] * rng.choice((1, 2, 30))


def _splice(content: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    other = bytearray(rng.choice(seeds))
    start, stop = _place(other, rng)
    place = rng.randrange(len(content) + 1)
    content[place : place + rng.choice((0, stop - start))] = other[start:stop]


def _number(content: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    digits = [i for i, byte in enumerate(content[:LONGEST]) if 48 <= byte < 58]
    place = rng.choice(digits) if digits else rng.randrange(len(content) + 1)
    content[place : place + rng.randrange(3)] = rng.choice(NUMBERS)


def _integer(content: bytearray, rng: Random, _: Sequence[bytes]) -> None:
    size = rng.choice((2, 4, 8))
    value = rng.choice((0, 1, (1 << 8 * size) - 1, 1 << 8 * size - 1, rng.getrandbits(8 * size)))
    place = rng.randrange(len(content) + 1)
    content[place : place + size] = value.to_bytes(size, rng.choice(("little", "big")))


CHANGES: list[Callable[[bytearray, Random, Sequence[bytes]], None]] = [
    _flip, _set, _cut, _remove, _repeat, _splice, _number, _integer,
]  # fmt: skip


def composed(parts: Sequence[str], rng: Random) -> str:
    """A text of some of the parts, a few of them nested or repeated often."""
    chosen = rng.choices(parts, k=rng.choice((1, 5, 30, 200)))
    if rng.random() < 0.2:
        chosen.insert(rng.randrange(len(chosen)), rng.choice(parts) * rng.choice((50, 5000)))
    return "".join(chosen)[:LONGEST]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all values within a JSON value."""
    items: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


def with_odd_values(value: Any, rng: Random) -> Any:
    """A JSON value with one to three of the values in it replaced, renamed or gone."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        path = rng.choice(places(value))
        value = _changed(value, path, rng)
    return value


def _changed(value: Any, path: tuple[Any, ...], rng: Random) -> Any:
    if not path:
        return rng.choice(ODD)
    copy = dict(value) if isinstance(value, dict) else list(value)
    key = path[0]
    if len(path) > 1 or rng.random() < 0.7:
        copy[key] = _changed(copy[key], path[1:], rng)
    elif isinstance(copy, dict):
        removed = copy.pop(key)
        if rng.random() < 0.5:
            copy[rng.choice(("", "other", "digest"))] = removed
    else:
        copy *= rng.choice((0, 2))
    return copy
