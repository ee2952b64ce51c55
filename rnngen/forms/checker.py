"""Judges whether a text has a form, with code that shares nothing with what writes such texts.

Only the dictionary and the counting of tweets are the same: a judge needs a language to judge by.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen.counts import count
from rnngen.forms.language import speech, syllables
from rnngen.forms.language.letters import plain
from rnngen.forms.language.speech import Spoken, read
from rnngen.forms.layout import LINE_ENDS, PastedText, pasted
from rnngen.forms.pattern import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.forms.spec import FormSpec

VERDICTS = ("exact", "possible", "no")
_MATCHED = 100_000  # characters; no line that a form allows is as long
_READ = 2_000  # characters of a line that is read aloud: some 60 syllables, and much layout
_WINDOWS = 50  # parts of a text with too many lines that are judged by themselves
_CLOSERS = "\"'\u201d\u2019)]\u00bb"


@dataclass(frozen=True)
class LineVerdict:
    """One line. counts: every number of units it may be heard to have, ascending.

    words: each with its own counts; empty for units that are not words.
    readings: how figures, signs and the like are read, a clause each.
    """

    text: str
    verdict: str
    counts: tuple[int, ...]
    words: tuple[tuple[str, tuple[int, ...]], ...]
    readings: tuple[str, ...] = ()


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
    if not spec.uses_words:
        text = unicodedata.normalize("NFC", text).strip()
        lines = [text] if spec.unit == "tweet" else LINE_ENDS.split(text)
        return _judge(PastedText([line.strip() for line in lines]), spec)
    if too_long := _too_long(text):
        return too_long
    layouts = pasted(plain(text).strip(), len(spec.lines))
    verdicts = []
    for place, layout in enumerate(layouts):
        if layout not in layouts[:place]:
            verdicts.append(_judge(layout, spec))
            if verdicts[-1].verdict == VERDICTS[0]:  # no other reading can be better
                break
    return min(verdicts, key=lambda verdict: VERDICTS.index(verdict.verdict))


def _too_long(text: str) -> Verdict | None:
    """The verdict on a text with a line that is too long to be read; None if there is none.

    Nobody writes such a line for a poem, and what can be made of it takes time beyond measure.
    """
    written = [line.strip() for line in LINE_ENDS.split(text.strip())]
    reasons = [
        f"line {number} has {len(line):,} characters; a line of words has at most {_READ:,}."
        for number, line in enumerate(written, 1)
        if len(line) > _READ
    ]
    if not reasons:
        return None
    lines = tuple(LineVerdict(line, "no", (), ()) for line in written)
    return Verdict("no", lines, tuple(reasons))


def _judge(layout: PastedText, spec: FormSpec) -> Verdict:
    """The verdict on the lines of a text."""
    written, text = layout.lines, "\n".join(layout.lines)
    shouted = text.isupper()
    lines = tuple(
        _line(line, spec.unit, limits, shouted=shouted)
        for line, limits in zip(written, spec.lines, strict=False)
    )
    findings: list[Finding] = [("possible", note) for note in layout.notes]
    findings += [*_line_findings(lines, spec), *_whole_findings(text, written, spec)]
    if len(written) == len(spec.lines):
        findings += _rhyme_findings(lines, spec)
    else:
        findings += _number_findings(written, spec)
    worst = max([VERDICTS.index(verdict) for verdict, _ in findings], default=0)
    return Verdict(VERDICTS[worst], lines, tuple(reason for _, reason in findings))


def _line(text: str, unit: str, limits: tuple[int, int], *, shouted: bool = False) -> LineVerdict:
    items: tuple[Spoken, ...] = ()
    if unit == "tweet":
        counts: tuple[int, ...] = (_weight(text),)
    elif unit == "chars":
        counts = (len(text),)
    else:
        items = read(text, shouted=shouted)
        if unit == "words":
            items = tuple(map(_as_words, items))
        counts = speech.add_choices(item.counts for item in items)
    fitting = [limits[0] <= count <= limits[1] for count in counts]
    sure = all(fitting) and all(item.sure for item in items)
    verdict = "exact" if sure else "possible" if any(fitting) else "no"
    words = tuple((item.text, item.counts) for item in items)
    readings = tuple(_readings(items, limits)) if unit == "syllables" else ()
    return LineVerdict(text, verdict, counts, words, readings)


def _weight(text: str) -> int:
    """Of a tweet. Its patterns are large, and no other form needs them."""
    from rnngen.forms.language import tweet

    return tweet.weight(text)


def _as_words(item: Spoken) -> Spoken:
    """The same counted in words: a sign may be one or none."""
    is_word = any(char.isalnum() for char in item.text)
    silent = all(not way for way, _ in item.ways) and bool(item.ways)
    counts = (1,) if is_word else (0,) if silent else (0, 1)
    return Spoken(item.text, counts, (), item.sure or is_word)


def _readings(items: tuple[Spoken, ...], limits: tuple[int, int]) -> Iterator[str]:
    """How what is no plain word is read: in a way that makes the line fit, if one does."""
    counts = [item.counts for item in items]
    for item, others in zip(items, speech.add_others(counts, limits[1]), strict=True):
        if item.sure:
            continue
        if not item.ways:
            yield f"{item.text!r} cannot be read"
            continue
        way = next(
            (
                way
                for way, counts in item.ways
                if any(limits[0] <= a + b <= limits[1] for a in others for b in counts)
            ),
            item.ways[0][0],
        )
        yield f"{item.text!r} is read as {way!r}" if way else f"{item.text!r} is not spoken"


Finding = tuple[str, str]  # verdict, reason


def _line_findings(lines: tuple[LineVerdict, ...], spec: FormSpec) -> list[Finding]:
    found = []
    for number, (line, (low, high)) in enumerate(zip(lines, spec.lines, strict=False), 1):
        low_enough = all(low <= count <= high for count in line.counts)
        if not low_enough:
            heard = " or ".join(map(str, line.counts))
            wanted = str(low) if low == high else f"{low} to {high}"
            unit = "weighted characters" if spec.unit == "tweet" else spec.unit
            found.append((line.verdict, f"line {number} has {heard} {unit}, wanted {wanted}."))
        if line.readings:
            found.append(("possible", f"line {number}: {', '.join(line.readings)}."))
        elif line.verdict == "possible" and low_enough:
            found.append(("possible", f"line {number} has signs that may be words or none."))
    return found


def _whole_findings(text: str, written: list[str], spec: FormSpec) -> list[Finding]:
    """What is wrong with the number of lines, their letters, the end and the length."""
    found = []
    if len(written) != len(spec.lines):
        lines = count(len(written), "line")
        found.append(("no", f"it has {lines}, wanted {len(spec.lines)}."))
    if spec.end == "sentence" and not text.rstrip(_CLOSERS).endswith((*".!?…", "。", "！", "？")):  # noqa: RUF001
        found.append(("no", "it does not end with a sentence."))
    for number, (line, letter) in enumerate(zip(written, spec.acrostic, strict=False), 1):
        first = next((char for char in line if char.isalpha()), "")
        if first.lower() != letter.lower():
            found.append(("no", f"line {number} begins with {first!r}, wanted {letter!r}."))
    if spec.max_weight and _weight(text) > spec.max_weight:
        found.append(("no", f"it weighs {_weight(text)}, at most {spec.max_weight} is allowed."))
    if spec.match:
        for number, line in enumerate(written, 1):
            if len(line) > _MATCHED or not compiled(spec.match).matches(line):
                found.append(("no", f"line {number} does not match {spec.match!r}."))
    return found


def _number_findings(written: list[str], spec: FormSpec) -> list[Finding]:
    """What would be judged if a text has too many lines, or looks like a title alone."""
    size = len(spec.lines)
    found: list[Finding] = []
    for first in range(min(_WINDOWS, len(written) - size + 1)):
        part = written[first : first + size]
        verdict = _judge(PastedText(part), spec).verdict
        if verdict != "no":
            where = f"lines {first + 1} to {first + size}" if size > 1 else f"line {first + 1}"
            found.append(("no", f"{where} alone would be {verdict}."))
    if spec.uses_words and len(written) == 1 < size and written[0]:
        found.append(
            ("no", "a title or a name that a blank line sets apart is judged as a text of its own.")
        )
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
