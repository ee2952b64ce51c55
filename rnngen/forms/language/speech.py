"""A line as it is read aloud: its words, figures and signs, each with the syllables it may have.

What stands for words without being one (3, &, Dr., TV) is read in its usual ways. Only letters can
be sure: a figure or a sign is said in one way by one reader and in another by the next.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from rnngen.forms.language import abbreviations, figures, numbers, syllables, symbols
from rnngen.forms.language.letters import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Counts = tuple[int, ...]
_LONGEST_WORD = 100  # letters; longer ones are no words, and are not read as if they were
_SURE = 0.5  # of an estimate; below it a neighbouring count is possible too
# A letter: what \w is but for digits, also raised and framed ones, and fractions.
_LETTER = (
    "[^\\W\\d_\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2080-\u2089\u2150-\u215f\u2189\u2460-\u24ff"
    "\u2776-\u2793]"
)
_WORD = re.compile(rf"'*{_LETTER}(?:{_LETTER}|[\u0300-\u036f]|'(?={_LETTER}))*'*")
_INITIALS = re.compile(r"[A-Za-z](?:\.[A-Za-z])+(?![A-Za-z])\.?(?:'s\b)?")
_DEGREES = re.compile("\u00b0 ?([CF])\\b")
_FACE = re.compile(r"(?<!\w)(?:[:;=8][-^o']?[()\[\]DPp3/\\|*]|<3|\^_?\^)(?!\w)")
_REPEATED_SIGN = re.compile(r"([*~^_=|<>#/\\$&@])\1+")
_MINUS = re.compile(r"(?<![\w)])[-\u2212](?=[.$]?\d)")
_NAME = re.compile(r"\.? [A-Z]")
_PARTS = re.compile(r"[A-Z]?[a-z']+|[A-Z]+(?![a-z])")
_SCALE = {"C": "\u2103", "F": "\u2109"}
_MONTH = re.compile(
    r"\W*(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\b", re.IGNORECASE
)
_NUMBER_WORDS = frozenset(way for n in range(13) for way in numbers.cardinal(n))


@dataclass(frozen=True)
class Spoken:
    """A word, a figure or a sign. counts: of its syllables, ascending.

    ways: how it may be said and the counts of each, empty for a word that is said as it is written.
    sure: whether it is said so, and in no other way.
    """

    text: str
    counts: Counts
    ways: tuple[tuple[str, Counts], ...] = ()
    sure: bool = True


def read(line: str, *, shouted: bool = False) -> tuple[Spoken, ...]:
    """What is heard of a line (as `letters.plain` gives it). shouted: it is all in capitals.

    >>> [(s.text, s.counts) for s in read("Dr. Lee & 12 crows")]
    [('Dr', (1, 2)), ('Lee', (1,)), ('&', (1,)), ('12', (1,)), ('crows', (1,))]
    """
    return tuple(_SpeechReader(line, shouted).items())


class _SpeechReader:
    """Goes through a line from left to right."""

    def __init__(self, line: str, shouted: bool) -> None:
        self.line, self.shouted = line, shouted
        self.last = ""  # the word or figure read before

    def items(self) -> Iterator[Spoken]:
        place = 0
        while place < len(self.line):
            stop, item = self._item(place)
            if item is not None:
                yield item
                self.last = self.line[place:stop]
            place = stop

    def _item(self, place: int) -> tuple[int, Spoken | None]:
        """What stands at `place`, and where it ends."""
        line, char = self.line, self.line[place]
        for pattern, reader in _special():
            match = pattern.match(line, place)
            if match:
                return match.end(), reader(match)
        stop, ways = figures.read_at(line, place)
        if ways:
            return stop, self._figure(place, stop, ways)
        word = _WORD.match(line, place)
        if word:
            return word.end(), self._word(word)
        if symbols.is_silent(char):
            inside = symbols.between(char) if re.match(r"\w.\w", line[max(0, place - 1) :]) else ()
            return place + 1, said(char, inside, sure=False) if inside and place else None
        attached = line[place + 1 : place + 2].isalnum()
        return place + 1, said(char, symbols.said(char, attached=attached), sure=False)

    def _figure(self, place: int, stop: int, ways: Iterable[str]) -> Spoken:
        text = self.line[place:stop]
        day = text.isdigit() and 0 < int(text) < 32
        if day and (_MONTH.fullmatch(self.last) or _MONTH.match(self.line, stop)):
            nth = numbers.ordinal(int(text))
            ways = chain(ways, nth, (f"the {way}" for way in nth))
        return said(text, ways, sure=False)

    def _word(self, match: re.Match[str]) -> Spoken:
        text = match[0]
        stopped = self.line.startswith(".", match.end())
        bare = text.strip("'")
        if len(text) > _LONGEST_WORD or not normal(bare).replace("'", "").isascii():
            return _foreign(text)
        capital = bare[:1].isupper()
        ways = abbreviations.of_word(bare, stopped=stopped)
        if ways and (not syllables.counts(bare) or (capital and stopped)):
            named = bare.lower() in ("dr", "mt") and self._names(match.end())
            return said(bare, ways[:1] if named else ways)
        if bare.lower() == "am" and (self.last.isdigit() or self.last.lower() in _NUMBER_WORDS):
            return said(bare, ("a m", "am"))
        if len(bare) > 1 and re.fullmatch(r"[A-Z]{2,}(?:'?s'?)?", bare) and not self.shouted:
            return self._capitals(bare)
        if bare in ("V", "X") and self.last[:1].isupper():
            number = numbers.roman(bare)
            return said(bare, (bare.lower(), *_roman(number)), sure=False)
        return word(text)

    def _names(self, place: int) -> bool:
        """Whether a name follows, and none stands before: Dr. Lee, not Mill Dr. or a street."""
        return bool(_NAME.match(self.line, place)) and not self.last[:1].isupper()

    def _capitals(self, text: str) -> Spoken:
        """A word in capitals among small letters: stressed, initials, or a roman number."""
        known = bool(syllables.counts(text))
        number = numbers.roman(text)
        if number and (set(text) <= set("IVX") or len(text) > 3):
            return said(text, (*_roman(number), abbreviations.initials(text)), sure=False)
        if not abbreviations.is_initials(text.rstrip("s").rstrip("'"), known=known):
            return word(text)
        spelled = abbreviations.initials(text)
        if known:
            return said(text, (text.lower(), spelled))
        if abbreviations.has_vowel(text.lower()):
            return said(text, (spelled, text.lower()), sure=False)
        return said(text, (spelled,))


def word(text: str) -> Spoken:
    """A word of Latin letters; an apostrophe at an edge is kept only where a word needs it."""
    written = normal(text)
    bare = written.strip("'")
    choices = (written, written.rstrip("'"), written.lstrip("'"))
    best = next((choice for choice in choices if syllables.counts(choice)), bare)
    parts = _PARTS.findall(text.strip("'"))
    if len(parts) > 1 and not syllables.counts(best) and not text.isupper():
        return _camel(text, parts)  # iPhone, YouTube
    if len(bare) == 1:
        return Spoken(best, syllables.counts(best) or (abbreviations.letters(bare),))
    if text.lower().endswith(("\u00e8d", "\u00e9d")) and syllables.counts(best):
        stem = syllables.counts(best[:-2]) or syllables.counts(best[:-1])
        return Spoken(best, tuple(n + 1 for n in stem) or syllables.counts(best))  # learnèd
    counts, certainty = syllables.estimate(best)
    if not abbreviations.has_vowel(best) and certainty == 0:
        return said(best, (best, abbreviations.initials(best)), sure=False)
    if certainty < _SURE:
        counts = tuple(sorted({max(1, n + change) for n in counts for change in (-1, 0, 1)}))
    return Spoken(best, counts)


def said(text: str, ways: Iterable[str], *, sure: bool = True) -> Spoken:
    """Something that is said in other words than it is written in."""
    heard = tuple((way, syllables.syllables_of_words(way)) for way in dict.fromkeys(ways))
    return Spoken(text, tuple(sorted({n for _, counts in heard for n in counts})), heard, sure)


def add_choices(choices: Iterable[Counts]) -> Counts:
    """Every sum of one number from each choice, ascending."""
    found = 1
    for choice in choices:
        found = _add(found, choice)
    return _numbers(found)


def add_others(choices: Sequence[Counts], most: int) -> Iterator[Counts]:
    """For each choice every sum, up to `most`, of one number from each of the others."""
    low = (1 << most + 1) - 1
    after = [1]
    for choice in reversed(choices):
        after.append(_add(after[-1], choice) & low)
    before = 1
    for choice in choices:
        after.pop()
        yield _numbers(_add(before, _numbers(after[-1])) & low)
        before = _add(before, choice) & low


# A set of numbers is held as the bits of one, so that to add to all of them is to shift.


def _add(numbers: int, choice: Counts) -> int:
    found = 0
    for number in choice:
        found |= numbers << number
    return found


def _numbers(bits: int) -> Counts:
    return tuple(number for number, bit in enumerate(reversed(f"{bits:b}")) if bit == "1")


def _camel(text: str, parts: list[str]) -> Spoken:
    ways = [
        " ".join(
            abbreviations.initials(part) if part.isupper() or len(part) == 1 else part.lower()
            for part in parts
        )
    ]
    return said(text, [*ways, normal(text)])


def _foreign(text: str) -> Spoken:
    """What is no Latin word: a Greek letter by its name, else any number of syllables."""
    name = unicodedata.name(text, "") if len(text) == 1 else ""
    if name.startswith("GREEK") and " LETTER " in name:
        return said(text, (name.rsplit(" ", 1)[1].lower(),), sure=False)
    return Spoken(text, tuple(range(1, 2 * len(text) + 1)), (), sure=False)


def _roman(number: int) -> tuple[str, ...]:
    nth = numbers.ordinal(number)
    counted = numbers.year(number) if number > 999 else numbers.cardinal(number)
    return (*counted, *(f"the {way}" for way in nth), *nth)


def _phrase(match: re.Match[str]) -> Spoken:
    ways = abbreviations.phrases()
    return said(match[0], ways.get(match[0], ways.get(match[0].lower(), ())))


def _dotted(match: re.Match[str]) -> Spoken:
    known = abbreviations.phrases().get(match[0].lower().rstrip(".") + ".")
    return said(match[0], known or (abbreviations.initials(match[0].replace(".", "")),))


@cache
def _special() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Spoken]], ...]:
    """What is looked for before words and figures, and how it is read."""
    phrases = "|".join(map(re.escape, abbreviations.phrases()))
    return (
        (re.compile(rf"(?<!\w)(?:{phrases})(?!\w)", re.IGNORECASE), _phrase),
        (_INITIALS, _dotted),
        (_FACE, lambda match: said(match[0], _face(match[0]), sure=False)),
        (_REPEATED_SIGN, lambda match: said(match[0], ("",), sure=False)),
        (_MINUS, lambda match: said(match[0], ("minus", "negative", ""), sure=False)),
        (_DEGREES, lambda match: said(match[0], symbols.SYMBOLS[_SCALE[match[1]]], sure=False)),
    )


def _face(face: str) -> tuple[str, ...]:
    return ("love", "heart", "hearts", "") if face == "<3" else ("",)
