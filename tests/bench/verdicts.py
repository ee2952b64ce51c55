"""How often the verdict of a comparison is right: `python -m tests.bench.verdicts [TEXTS]`.

Made languages where the answer is known (tests/analysis/languages.py), TEXTS of each, every setting
with three seeds. Then one setting against itself: for each text, six seeds are divided in all ways
into three and three, which differ by nothing but chance.
"""

from __future__ import annotations

import itertools
import os
import statistics
import sys
import tempfile
from pathlib import Path

import rnngen
from rnngen.analysis import measure, reading
from rnngen.analysis.judgement import judge
from tests.analysis.languages import KNOWN, Known, settings

SEEDS = 3


def losses(known: Known, text: int, seeds: int) -> dict[str, list[float]]:
    """Label -> held-out bits per byte of each seed."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RNNGEN_HOME"] = folder
        path = Path(folder) / "text.txt"
        path.write_text(known.text(text))
        found = rnngen.compare(str(path), name="known", seeds=seeds, **settings(known)).comparison
    return {
        each.label: [result.bits_per_byte for result in found.of(each)] for each in found.candidates
    }


def told(name: str, known: Known, texts: int) -> None:
    right, means = 0, []
    for text in range(texts):
        found = losses(known, text, SEEDS)
        right += judge(found).winner == known.winner
        means.append([statistics.fmean(values) for values in found.values()])
    shown = ", ".join(f"{statistics.fmean(column):.3f}" for column in zip(*means, strict=True))
    print(f"{name:<32} right in {right} of {texts}, mean bits per byte {shown}", flush=True)


def told_from_itself(known: Known, texts: int) -> None:
    first, every = 0, []
    for text in range(texts):
        values = next(iter(losses(known, text, 2 * SEEDS).values()))
        splits = [
            judge({"one": [values[i] for i in chosen], "other": [values[i] for i in rest]}).winner
            for chosen in itertools.combinations(range(2 * SEEDS), SEEDS)
            if 0 in chosen  # or each split would be there twice
            for rest in [sorted(set(range(2 * SEEDS)) - set(chosen))]
        ]
        first += splits[0] is None  # seeds 0, 1, 2 and 3, 4, 5
        every += splits
    equal = sum(winner is None for winner in every)
    print(f"other seeds of one setting       equal in {first} of {texts}", end="")
    print(f", of all divisions in {equal} of {len(every)}")


def main(texts: int = 5) -> None:
    measure.SAMPLED_SECONDS, measure.SAMPLED_TOKENS, reading.WINDOWS = 0.01, 20, 20
    for name, known in KNOWN.items():
        told(name, known, texts)
    told_from_itself(KNOWN["pairs, two rates of no n-grams"], texts)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
