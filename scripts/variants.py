"""In how many syllables a pronunciation is also heard, where common dictionaries differ.

The CMU dictionary writes one of several usual ways for file, power, world, camera or carefully;
others print the vowel that may be left out in brackets. The rules below are about sounds, in
ARPAbet with a digit of stress on vowels, and where they must, about spelling.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rnngen.forms.language.families import compounds, heard, makings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rnngen.forms.language.families import Counts, Making

Pronunciations = list[list[str]]
_GLIDES = ("AY", "AW", "OY")
_LIQUIDS = ("R", "L")
_PAIR = 2
_SHORT = 3  # letters; shorter words are often initials
# What endings sound like after a stem: -s -ed -ing -er -ers -est -ly -ness -less -ful and so on.
_ENDINGS = frozenset(
    """
    S|Z|* Z|T|D|* D|* NG|* NG Z|*|* Z|* S T|L *|N * S|L * S|F * L|* SH|SH * P|HH * D|W * D|W * D Z
    |L * K|S * M|D * M
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
# A vowel before n is left out in these: list'ning, pris'ner, pers'nal, reas'nable, pois'nous.
_SYNCOPE_N = re.compile(r"[^aeiouy](?:en|on)(?:ing|ings|er|ers|able|ably|ous)|(?:s|ti|si)onal")
_FULLY = re.compile(r"[a-z]{2}fully")
_SYNCOPE_L = re.compile(r"[^aeiouy](?:el|al)l?(?:ing|er|ers)|[a-z]{2}fully|[cts]ially")


def variants(word: str, sounds: list[str]) -> set[int]:
    """All numbers of syllables in which `sounds` is heard."""
    heard_in = sum(map(_is_vowel, sounds))
    changes = {_change(sounds, place) for place in range(len(sounds))}
    if _SYNCOPE_N.search(word) and _weak_before(sounds, "N"):
        changes.add(-1)
    if _SYNCOPE_L.search(word) and _weak_before(sounds, "L"):
        changes.add(-1)
    if _FULLY.search(word) and not _weak_before(sounds, "L"):
        changes.add(1)
    return {max(1, heard_in + change) for change in changes | {0}}


def _change(sounds: list[str], place: int) -> int:
    """What the vowel at `place` may add or lose: +1 breaking, -1 smoothing or syncope, else 0."""
    vowel, after = sounds[place].rstrip("012"), sounds[place + 1 : place + 3]
    if not after or not _is_vowel(sounds[place]):
        return 0
    closed = len(after) < 2 or not _is_vowel(after[1])
    if vowel in _GLIDES and after[0] == "ER0":  # fire, hour, power as fyr, owr, powr
        return -1
    if vowel in _GLIDES and after[0] in _LIQUIDS and closed:  # fy-er, my-el
        return 1
    if vowel == "ER" and sounds[place][-1] != "0" and after[0] == "L" and closed:  # wor-eld
        return 1
    ends = place + 3 >= len(sounds) or not _is_vowel(sounds[place + 3])
    lax = after == ["AH0", "L"] and ends
    if lax and (vowel in (*_GLIDES, "UW") or sounds[place] in ("IY1", "ER1")):  # tow'l, cru'l, re'l
        return -1
    return -1 if _syncope_r(sounds, place) else 0


def _syncope_r(sounds: list[str], place: int) -> bool:
    """Whether `place` is the -er- of cam'ra, mem'ry, fam'ous: weak, after a consonant, before a
    weak vowel, in a word with a stress before it."""
    before, after = sounds[:place], sounds[place + 1]
    weak = after[-1] == "0"
    if sounds[place] == "AH0" and after == "R":
        weak = sounds[place + 2 : place + 3] != [] and sounds[place + 2][-1] == "0"
    elif sounds[place] != "ER0":
        return False
    stressed = any(sound[-1] in "12" for sound in before)
    return weak and stressed and not _is_vowel(before[-1]) and before[-1] not in ("R", "HH", "W")


def _weak_before(sounds: list[str], consonant: str) -> bool:
    """Whether a weak vowel stands between a consonant and `consonant`, a weak vowel after it."""
    return any(
        sounds[i] in ("AH0", "IH0", "UH0")
        and sounds[i + 1] == consonant
        and sounds[i + 2][-1] in "02"
        and not _is_vowel(sounds[i - 1])
        for i in range(2, len(sounds) - 2)
    )


def _is_vowel(sound: str) -> bool:
    return sound[-1].isdigit()


def agree(
    counts: Mapping[str, Counts], dictionary: Mapping[str, Pronunciations], fixed: set[str]
) -> dict[str, Counts]:
    """The counts, carried over from each word to its forms and compounds, and from plurals back.

    dictionary: to tell that fires is made of fire by its sounds, where mores is not made of more.
    fixed: words whose counts stay as they are.
    """
    found = dict(counts)
    ordered = sorted(found, key=len)
    for word in ordered:
        if word not in fixed and len(word) > _SHORT:
            found[word] = _from_plural(word, found, dictionary)
    for word in ordered:
        if word not in fixed:
            found[word] = _carried(word, found, dictionary)
    return found


def _from_plural(
    word: str, found: Mapping[str, Counts], dictionary: Mapping[str, Pronunciations]
) -> Counts:
    """What `word` is heard with if its plural is heard with one more or fewer: gardener(s)."""
    plural = found.get(word + "s", ())
    for added in _added(word, word + "s", dictionary) if plural else ():
        back = {count - added for count in plural}
        ways = {*found[word], *back} - {0}
        if len(ways) == _PAIR and max(ways) - min(ways) == 1:
            return tuple(sorted(ways))
    return found[word]


def _carried(
    word: str, found: Mapping[str, Counts], dictionary: Mapping[str, Pronunciations]
) -> Counts:
    counts = set(found[word])
    for making in makings(word):
        stem = making.parts[0]
        added = _added(stem, word, dictionary) if _varies(found.get(stem, ())) else set()
        if added:  # the first is the likeliest: parting is of part, not of a name Parte
            counts |= {n + more for n in found[stem] for more in added}
            break
    for making in compounds(word):
        if all(_varies(found.get(part, ())) for part in making.parts) and _joined(
            word, making, dictionary
        ):
            counts |= set(heard(making, lambda part: found[part]))
    return tuple(sorted(counts))


def _varies(counts: Counts) -> bool:
    """Whether there are such counts, and they differ as a vowel does, not as a set of initials."""
    return bool(counts) and max(counts) - min(counts) <= 1


def _added(stem: str, word: str, dictionary: Mapping[str, Pronunciations]) -> set[int]:
    """The syllables that follow `stem` in `word` by sound; none if it is made otherwise."""
    added = set()
    for part in dictionary.get(stem, []):
        for whole in dictionary.get(word, []):
            if _begins(whole, part):
                ending = [_bone(sound) for sound in whole[len(part) :]]
                if " ".join(ending) in _ENDINGS:
                    added.add(ending.count("*"))
    return added


def _joined(word: str, making: Making, dictionary: Mapping[str, Pronunciations]) -> bool:
    """Whether a pronunciation of `word` is one of each part, one after the other."""
    *first, last = (dictionary.get(part, []) for part in making.parts)
    for whole in dictionary.get(word, []):
        for end in last:
            size = len(whole) - len(end)
            if size > 0 and not _is_vowel(end[0]) and _alike(whole[size:], end):
                before = whole[:size]
                if not first or any(_alike(before, part) for part in first[0]):
                    return True
    return False


def _begins(whole: list[str], part: list[str]) -> bool:
    return len(whole) > len(part) and _alike(whole[: len(part)], part)


def _alike(one: list[str], other: list[str]) -> bool:
    """The same sounds, where an unstressed vowel may have any colour."""
    return len(one) == len(other) and all(
        a.rstrip("012") == b.rstrip("012")
        or (_is_vowel(a) and _is_vowel(b) and "0" in (a[-1], b[-1]))
        for a, b in zip(one, other, strict=True)
    )


def _bone(sound: str) -> str:
    return "*" if _is_vowel(sound) else sound
