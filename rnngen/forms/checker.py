"""Judges whether a text has a form, with code that shares nothing with what writes such texts.

Only the dictionary and the counting of tweets are the same: a judge needs a language to judge by.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen.forms.language import syllables, tweet

if TYPE_CHECKING:
    from rnngen.forms.spec import FormSpec

VERDICTS = ("exact", "possible", "no")
_WORD = re.compile(r"'?[^\W\d_]+(?:'[^\W\d_]+)*'?")
_SURE = 0.5  # of an estimate; below it a neighbouring count is possible too
_CLOSERS = "\"'\u201d\u2019)]\u00bb"


@dataclass(frozen=True)
class LineVerdict:
    """One line. counts: every number of units it may be heard to have, ascending.

    words: each with its own counts; empty for units that are not words.
    """

    text: str
    verdict: str
    counts: tuple[int, ...]
    words: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Verdict:
    """`exact`: it has the form however it is read; `possible`: in one reading; `no`: in none.

    reasons: what is wrong or uncertain, one sentence each.
    """

    verdict: str
    lines: tuple[LineVerdict, ...]
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON values: verdict, reasons, and for each line text, verdict, counts, words."""
        lines = [
            {
                "text": line.text,
                "verdict": line.verdict,
                "counts": list(line.counts),
                "words": [{"word": word, "counts": list(counts)} for word, counts in line.words],
            }
            for line in self.lines
        ]
        return {"verdict": self.verdict, "reasons": list(self.reasons), "lines": lines}


def check(text: str, spec: FormSpec) -> Verdict:
    """Whether `text` has the form, line by line.

    An `end` of "text" or "auto" accepts any end: only the model that wrote it could say.
    """
    text = unicodedata.normalize("NFC", text).strip()
    written = [text] if spec.unit == "tweet" else [line.strip() for line in text.split("\n")]
    lines = tuple(
        _line(line, spec.unit, limits) for line, limits in zip(written, spec.lines, strict=False)
    )
    findings = [*_line_findings(lines, spec), *_whole_findings(text, written, spec)]
    if len(written) == len(spec.lines):
        findings += _rhyme_findings(lines, spec)
    worst = max([VERDICTS.index(verdict) for verdict, _ in findings], default=0)
    return Verdict(VERDICTS[worst], lines, tuple(reason for _, reason in findings))


def _line(text: str, unit: str, limits: tuple[int, int]) -> LineVerdict:
    words: tuple[tuple[str, tuple[int, ...]], ...] = ()
    if unit == "tweet":
        counts: tuple[int, ...] = (tweet.weight(text),)
    elif unit == "chars":
        counts = (len(text),)
    else:
        words = tuple((word, _counts(word, unit)) for word in _words(text))
        counts = _add_choices([each for _, each in words])
    fitting = [limits[0] <= count <= limits[1] for count in counts]
    verdict = "exact" if all(fitting) else "possible" if any(fitting) else "no"
    return LineVerdict(text, verdict, counts, words)


def _words(text: str) -> list[str]:
    """Words as they are read aloud; an apostrophe at an edge is kept only where a word needs it."""
    found = []
    for word in _WORD.findall(syllables.normal(text)):
        bare = word.strip("'")
        choices = (word, word.rstrip("'"), word.lstrip("'"))
        found.append(next((choice for choice in choices if syllables.counts(choice)), bare))
    return found


def _counts(word: str, unit: str) -> tuple[int, ...]:
    if unit == "words":
        return (1,)
    counts, certainty = syllables.estimate(word)
    if certainty < _SURE:
        return tuple(sorted({max(1, n + change) for n in counts for change in (-1, 0, 1)}))
    return counts


def _add_choices(choices: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Every sum of one number from each choice, ascending."""
    sums = {0}
    for choice in choices:
        sums = {total + number for total in sums for number in choice}
    return tuple(sorted(sums))


Finding = tuple[str, str]  # verdict, reason


def _line_findings(lines: tuple[LineVerdict, ...], spec: FormSpec) -> list[Finding]:
    found = []
    for number, (line, (low, high)) in enumerate(zip(lines, spec.lines, strict=False), 1):
        if line.verdict != "exact":
            heard = " or ".join(map(str, line.counts))
            wanted = str(low) if low == high else f"{low} to {high}"
            unit = "weighted characters" if spec.unit == "tweet" else spec.unit
            found.append((line.verdict, f"line {number} has {heard} {unit}, wanted {wanted}."))
        strange = re.search(r"[0-9]", line.text) if spec.unit == "syllables" else None
        if strange:
            found.append(
                ("possible", f"line {number} has figures, which may be read in many ways.")
            )
    return found


def _whole_findings(text: str, written: list[str], spec: FormSpec) -> list[Finding]:
    """What is wrong with the number of lines, their letters, the end and the length."""
    found = []
    if len(written) != len(spec.lines):
        found.append(("no", f"it has {len(written)} lines, wanted {len(spec.lines)}."))
    if spec.end == "sentence" and not text.rstrip(_CLOSERS).endswith((*".!?…", "。", "！", "？")):  # noqa: RUF001
        found.append(("no", "it does not end with a sentence."))
    for number, (line, letter) in enumerate(zip(written, spec.acrostic, strict=False), 1):
        first = next((char for char in line if char.isalpha()), "")
        if first.lower() != letter.lower():
            found.append(("no", f"line {number} begins with {first!r}, wanted {letter!r}."))
    if spec.max_weight and tweet.weight(text) > spec.max_weight:
        found.append(
            ("no", f"it weighs {tweet.weight(text)}, at most {spec.max_weight} is allowed.")
        )
    if spec.match:
        for number, line in enumerate(written, 1):
            if not re.fullmatch(spec.match, line):
                found.append(("no", f"line {number} does not match {spec.match!r}."))
    return found


def _rhyme_findings(lines: tuple[LineVerdict, ...], spec: FormSpec) -> list[Finding]:
    found = []
    for first, second in itertools.combinations(range(len(lines)), 2):
        letters = spec.rhymes()
        if letters[first] and letters[first] == letters[second]:
            verdict = _rhyme(lines[first], lines[second])
            if verdict != "exact":
                words = [
                    line.words[-1][0] if line.words else ""
                    for line in (lines[first], lines[second])
                ]
                how = "may not rhyme" if verdict == "possible" else "do not rhyme"
                found.append((verdict, f"{words[0]!r} and {words[1]!r} {how}."))
    return found


def _rhyme(first: LineVerdict, second: LineVerdict) -> str:
    """Perfect rhyme: the same from the last stressed vowel on, other consonants before it."""
    if not first.words or not second.words:
        return "no"
    one, other = (syllables.rhymes(line.words[-1][0]) for line in (first, second))
    if not one or not other:
        return "possible" if first.words[-1][0] != second.words[-1][0] else "no"
    pairs = [
        a.ending == b.ending != 0 and a.onset != b.onset for a, b in itertools.product(one, other)
    ]
    return "exact" if all(pairs) else "possible" if any(pairs) else "no"
