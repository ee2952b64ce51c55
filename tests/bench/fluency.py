"""Is text of a form as fluent as free text?

`python -m tests.bench.fluency MODEL FILE [FORM] [COUNT]`

Both kinds of the model's text are read by another model, an n-gram model of the characters of
FILE. It knows nothing of syllables, so what a form costs in fluency shows as more bits for
a character. Line breaks count as spaces: where they fall is the form's affair.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections import defaultdict
from pathlib import Path

import rnngen
from rnngen.forms import spec
from tests.bench.forms import distinct_pairs

ORDER = 7
START = " " * (ORDER - 1)


class Ngrams:
    """Characters by the ORDER - 1 before them, interpolated (Witten & Bell 1991)."""

    def __init__(self, texts: list[str]) -> None:
        self._counts: list[dict[str, dict[str, int]]] = [
            defaultdict(lambda: defaultdict(int)) for _ in range(ORDER)
        ]
        for text in texts:
            padded = START + text + "\n"
            for end in range(ORDER - 1, len(padded)):
                for length in range(ORDER):
                    self._counts[length][padded[end - length : end]][padded[end]] += 1
        self._alphabet = 256

    def probability(self, context: str, character: str) -> float:
        share = 1 / self._alphabet
        for length in range(ORDER):
            found = self._counts[length].get(context[len(context) - length :])
            if not found:
                break
            total, kinds = sum(found.values()), len(found)
            share = (found.get(character, 0) + kinds * share) / (total + kinds)
        return share

    def bits_per_character(self, text: str) -> float:
        padded = START + text + "\n"
        bits = [
            -math.log2(self.probability(padded[end - ORDER + 1 : end], padded[end]))
            for end in range(ORDER - 1, len(padded))
        ]
        return statistics.mean(bits)


def flat(text: str) -> str:
    return " ".join(text.split())


def main(model: str, file: str, form: str = "haiku", count: str = "300") -> None:
    loaded = rnngen.load(model)
    documents = Path(file).read_text("utf-8").split("\n\n")
    judge = Ngrams([flat(document) for document in documents if document.strip()])
    of_form = loaded.write_form(spec.load(form), n=int(count), seed=1)
    kinds = {
        "free": [text.text for text in loaded.sample(n=int(count), seed=1, length=400)],
        form: [text.whole for text in of_form],
    }
    means = {}
    for kind, texts in kinds.items():
        bits = [judge.bits_per_character(flat(text)) for text in texts if text.strip()]
        means[kind] = statistics.mean(bits)
        error = statistics.stdev(bits) / math.sqrt(len(bits))
        copied = [loaded.longest_copied(text) for text in texts]
        longest = "" if None in copied else f", longest copied span {statistics.median(copied):.0f}"
        pairs = distinct_pairs(texts)
        print(f"{kind}: {means[kind]:.3f} bits per character (+-{error:.3f}), ", end="")
        print(f"distinct pairs of words {pairs:.3f}{longest} (median)")
    print(f"{form} costs {means[form] - means['free']:+.3f} bits per character")


if __name__ == "__main__":
    main(*sys.argv[1:])
