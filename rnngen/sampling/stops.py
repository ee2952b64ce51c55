"""Where a text ends: after so many characters, before a stop string, with a sentence or a line.

What is decided first, reading character by character, wins; so the same tokens give the same text
however they are cut into pieces, and streamed or not. Text that a later character may still cut
away is held back until that is decided.
"""

from __future__ import annotations

import codecs
import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from rnngen.sampling.graphemes import cut_before, last_start, trim_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.config import SampleConfig

# A period after these, or after a single capital letter other than I, ends no sentence.
ABBREVIATIONS = ("Mr", "Mrs", "Ms", "Dr", "St", "Mt", "Jr", "Sr", "Prof", "Gen", "Col", "Capt")
FULL_WIDTH = "[\u3002\uff01\uff1f]"  # the stops of Chinese and Japanese; no space follows them
CLOSERS = "[\"'\u201d\u2019\u00bb)\\]\u300d\u300f\uff09]"
_PERIOD = r"(?<!\.)(?<!\b[A-HJ-Z])" + "".join(rf"(?<!\b{a})" for a in ABBREVIATIONS) + r"\."

# Each matches up to the end of the text wanted, in the group `then` what decides it. All text that
# `then` may reach over is held back (white space), so that a cut never lies in text given out.
PATTERNS = {
    "line": r"(?<=\S)(?=(?P<then>\s*?\n))",
    "paragraph": r"(?<=\S)(?=(?P<then>[^\S\n]*\n[^\S\n]*\n))",
    "sentence": (
        rf"(?:{_PERIOD}|[!?])(?=(?P<then>\s))"
        # '"Why?" he asked' and 'well ... perhaps' go on: after these, a small letter is no start.
        rf"|(?:(?:\.\.+|…){CLOSERS}*|[.!?]{CLOSERS}+)(?=(?P<then2>\s+[^\sa-zß-ÿа-я]))"
        rf"|{FULL_WIDTH}+{CLOSERS}*(?=(?P<then3>(?!{CLOSERS}|{FULL_WIDTH}).))"
    ),
}
CONTEXT = 32  # characters already given out that a pattern may look back at


@functools.cache
def _pattern(until: str) -> re.Pattern[str]:
    return re.compile(PATTERNS[until], re.DOTALL)


class _Stop(NamedTuple):
    """An end: where it is decided, where the text is cut, why. The least of several holds."""

    decided: int
    cut: int
    reason: str


class StoppingDecoder:
    """Turns drawn tokens into text, gives out what is certain, and knows when to end.

    >>> decoder = StoppingDecoder(SampleConfig(stop=("END",)))
    >>> [decoder.feed(piece) for piece in (b"be", b"st E", b"ND.")], decoder.reason
    (['b', 'est ', ''], 'stop')
    """

    def __init__(self, config: SampleConfig) -> None:
        self.reason: str | None = None
        self.characters = 0  # drawn so far: given out, held back, and cut off
        self._config = config
        self._bytes = b""  # the start of a character that is not complete
        self._held = ""
        self._given = 0
        self._context = ""
        # Most texts end by themselves: then there is nothing to look for after each token.
        self._looks = bool(config.stop) or config.until is not None or config.chars is not None

    def feed(self, piece: bytes) -> str:
        """Take the bytes of one token; returns the text that is certain now, perhaps none."""
        data = self._bytes + piece
        text, used = codecs.utf_8_decode(data, "replace", False)
        self._bytes = data[used:]
        self._held += text
        self.characters += len(text)
        end = min(self._ends(), default=None) if self._looks else None
        if end is None:
            return self._give(self._certain())
        self.reason = end.reason
        return self._give(end.cut)

    def finish(self, reason: str) -> str:
        """End here: returns the text still held back, whole characters only.

        A "length" that falls between the parts of an emoji or a flag drops the loose part.
        """
        self.reason = reason
        return self._give(trim_unfinished(self._held) if reason == "length" else len(self._held))

    def _ends(self) -> Iterator[_Stop]:
        """Every end that the text so far decides, as places in the text held back."""
        config, held = self._config, self._held
        least = max(0, config.min_chars - self._given)
        for stop in config.stop:
            if (at := held.find(stop, least)) >= 0:
                yield _Stop(at + len(stop), at, "stop")
        if config.until is not None:
            yield from self._whole(_pattern(config.until), least)
        if config.chars is not None and len(held) > (room := config.chars - self._given):
            yield _Stop(room + 1, self._fit(room, least), "chars")

    def _whole(self, pattern: re.Pattern[str], least: int) -> Iterator[_Stop]:
        """The end of the first sentence, line or paragraph, if it is there already."""
        before = len(self._context)
        for match in pattern.finditer(self._context + self._held):
            if match.end() - before >= least:
                then = max(match.end(name) for name in match.re.groupindex)
                yield _Stop(then - before, match.end() - before, "until")
                return

    def _fit(self, room: int, least: int) -> int:
        """Where to cut for `chars`: before a grapheme that does not fit, if that leaves enough."""
        cut = cut_before(self._held, room)
        return cut if cut >= least and self._given + cut > 0 else room

    def _certain(self) -> int:
        """How much of the text held back no later character can cut away."""
        held = self._held
        certain = last_start(held)
        for stop in self._config.stop:
            certain = min(certain, len(held) - _overlap(held, stop))
        if self._config.until is not None:
            certain = min(certain, len(held.rstrip()))
        return certain

    def _give(self, count: int) -> str:
        given, self._held = self._held[:count], self._held[count:]
        self._given += count
        if self._looks:
            self._context = (self._context + given)[-CONTEXT:]
        return given


def _overlap(text: str, stop: str) -> int:
    """The most characters at the end of `text` that may be the start of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
