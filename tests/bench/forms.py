"""Texts of a form by the hundred: `python -m tests.bench.forms MODEL [FORM] [COUNT] [PARTICLES]`.

MODEL is a name or a path. Every text must be exact by the checker, and none come twice.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from itertools import pairwise

import rnngen
from rnngen import forms

ROUNDS = 5


def first_text_seconds(model: str, form: str, particles: int) -> list[float]:
    """Whole processes that write one text."""
    command = [sys.executable, "-m", "rnngen", "sample", model, "--form", form]
    command += ["--particles", str(particles)]
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return times[1:]  # the first one fills the disk cache


def distinct_pairs(texts: list[str]) -> float:
    """Distinct pairs of neighbouring words, as a share of all pairs (Li et al. 2016)."""
    words = [text.lower().split() for text in texts]
    pairs = [pair for found in words for pair in pairwise(found)]
    return len(set(pairs)) / max(1, len(pairs))


def main(model: str, form: str = "haiku", count: str = "100", particles: str = "16") -> None:
    asked, loaded = forms.load(form), rnngen.load(model)
    began = time.perf_counter()
    texts = loaded.write_form(asked, n=int(count), seed=1, particles=int(particles))
    seconds = time.perf_counter() - began
    verdicts = [forms.check(text.whole, asked).verdict for text in texts]
    copied = [loaded.longest_copied(text.whole) for text in texts]
    first = first_text_seconds(model, form, int(particles))
    different = len({text.whole for text in texts})
    print(f"{len(texts)} texts: {verdicts.count('exact')} exact, {different} different")
    print(f"{len(texts) / seconds:.1f} texts/s ({seconds:.1f} s in all), {particles} particles")
    print(f"first text of a process: {statistics.median(first):.2f} s (least {min(first):.2f})")
    print(f"bits per character {statistics.mean(t.bits_per_character for t in texts):.3f}")
    print(f"mean log P(form) {statistics.mean(t.log_form or 0 for t in texts):.2f}")
    print(f"effective particles {statistics.mean(t.effective for t in texts):.1f}")
    print(f"distinct pairs of words {distinct_pairs([text.whole for text in texts]):.3f}")
    if None not in copied:
        print(f"longest copied span, median {statistics.median(filter(None, copied)):.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
