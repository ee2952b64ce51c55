"""Texts counted by another judge: `python -m tests.bench.judge FILE [FORM]`.

FILE holds texts with blank lines between: `rnngen sample --form haiku -n 1000 > FILE` writes one.
Every line is spoken by espeak-ng (a program of its own, GPL, installed as the system's package),
and its syllables are the vowels and syllabic consonants among the phonemes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from rnngen.forms import spec

VOWELS = set("aeiouyæøœɐɑɒɔəɚɛɜɝɘɤɞɨɪɯɵɶʉʊʌʏᵻ")  # noqa: RUF001
SYLLABIC = "\N{COMBINING VERTICAL LINE BELOW}"
LINES_AT_ONCE = 200


def spoken(lines: list[str]) -> list[str]:
    """The phonemes of each line, separated by underscores and blanks."""
    # A paragraph is spoken as one line if nothing but words is in it.
    text = "\n\n".join(re.sub(r"[^\w' -]+", " ", line).strip() for line in lines)
    command = ["espeak-ng", "-q", "--ipa", "--sep=_", "-v", "en-us", "--stdin"]
    ran = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    found = [line for line in ran.stdout.decode().splitlines() if line.strip()]
    if len(found) != len(lines):
        if len(lines) == 1:
            return [" ".join(found)]
        return [one for line in lines for one in spoken([line])]
    return found


def syllables(phonemes: str) -> int:
    """Phonemes that are a vowel (a diphthong is one) or a syllabic consonant."""
    return sum(
        SYLLABIC in phoneme or bool(VOWELS & set(unicodedata.normalize("NFD", phoneme)))
        for phoneme in re.split(r"[_\s]+", phonemes)
    )


def main(file: str, form: str = "haiku") -> None:
    asked = spec.load(form)
    texts = [t.splitlines() for t in Path(file).read_text("utf-8").strip().split("\n\n")]
    wanted = [(text[i], asked.lines[i]) for text in texts for i in range(len(asked.lines))]
    agreed, off = 0, Counter[int]()
    disputed = []
    for start in range(0, len(wanted), LINES_AT_ONCE):
        part = wanted[start : start + LINES_AT_ONCE]
        for (line, (least, most)), heard in zip(
            part, spoken([line for line, _ in part]), strict=True
        ):
            count = syllables(heard)
            agreed += least <= count <= most
            if not least <= count <= most:
                off[count - (most if count > most else least)] += 1
                disputed.append((line, count))
    print(
        f"{len(texts)} texts, {len(wanted)} lines: espeak-ng agrees on {agreed / len(wanted):.2%}"
    )
    print(f"off by: {dict(sorted(off.items()))}")
    for line, count in disputed[:10]:
        print(f"  {count}: {line}")


if __name__ == "__main__":
    main(*sys.argv[1:])
