"""Do the texts of a shipped model make sense? `python -m tests.bench.quality NAME [COUNT]`.

Compares COUNT new texts with as many of its corpus: words that neither the dictionary nor the
corpus knows, pairs of words that are distinct, texts that repeat a longer word, openings, copies,
and bits per character under a judge of another kind, an n-gram model of half of the corpus.

`python -m tests.bench.quality NAME --blind 20 FOLDER` writes `sheet.txt`, on which 20 texts of the
corpus and 20 new ones stand in a random order, and `key.txt`, which says whose each is. Give the
sheet to readers who have seen neither. Ask of each text: person or machine, sense or not?
"""

from __future__ import annotations

import random
import re
import statistics
import sys
from collections import Counter
from pathlib import Path

import rnngen
from rnngen.forms.language import syllables
from rnngen.forms.language.lexicon import WORD, clean
from tests.bench.fluency import Ngrams, flat
from tests.bench.forms import distinct_pairs
from tests.conftest import ROOT

SEPARATORS = {"haiku": "\n\n", "posts": "\n", "lyrics": "\n\n\n"}
JUDGED = 4000
"""Texts that the judge learns from."""


def corpus(name: str) -> list[str]:
    text = (ROOT / "corpora" / f"{name}.txt").read_text("utf-8")
    return [part.strip("\n") for part in text.split(SEPARATORS[name]) if part.strip()]


def new_texts(name: str, count: int, seed: int) -> list[str]:
    """As `rnngen sample NAME -n COUNT` writes them."""
    model = rnngen.load(f"shipped/{name}")
    settings = dict(model.preset)
    if "form" in settings:
        return [text.whole for text in model.write_form(n=count, seed=seed, **settings)]
    return [text.text.strip("\n") for text in model.sample(n=count, seed=seed, **settings)]


def unknown(texts: list[str], known: set[str]) -> float:
    """Share of the words that neither `known` nor the dictionary has."""
    words = [word for text in texts for word in WORD.findall(clean(text).lower())]
    return sum(word not in known and not syllables.counts(word) for word in words) / len(words)


def repeating(text: str) -> bool:
    longer = [word for word in re.findall(r"\w+", text.lower()) if len(word) >= 4]
    return len(set(longer)) < len(longer)


def measure(name: str, count: int, seed: int = 1) -> None:
    people = corpus(name)
    rng = random.Random(seed)
    rng.shuffle(people)
    judge = Ngrams([flat(text) for text in people[:JUDGED]])
    of_corpus = people[JUDGED : JUDGED + count] or people[-count:]
    known = {word for text in people for word in WORD.findall(clean(text).lower())}
    model = rnngen.load(f"shipped/{name}")
    for kind, texts in (("corpus", of_corpus), ("model", new_texts(name, count, seed))):
        bits = statistics.mean(judge.bits_per_character(flat(text)) for text in texts)
        openings = Counter(" ".join(text.lower().split()[:2]) for text in texts)
        copied = [model.longest_copied(text) or 0 for text in texts]
        print(
            f"{name}, {kind}, {len(texts)} texts: {unknown(texts, known):.2%} unknown words, "
            f"{distinct_pairs(texts):.3f} distinct pairs, "
            f"{statistics.mean(map(repeating, texts)):.0%} repeat a longer word, "
            f"{openings.most_common(1)[0][1] / len(texts):.0%} open alike, "
            f"{len(set(texts)) / len(texts):.1%} different, "
            f"{bits:.3f} bits per character for the judge, longest copy {max(copied)}"
        )


def write_sheet(name: str, count: int, folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    texts = [("person", text) for text in rng.sample(corpus(name), count)]
    texts += [("machine", text) for text in new_texts(name, count, seed)]
    rng.shuffle(texts)
    folder.mkdir(parents=True, exist_ok=True)
    numbered = enumerate(texts, 1)
    sheet, key = zip(
        *((f"{i}.\n{text}\n", f"{i} {who}") for i, (who, text) in numbered), strict=True
    )
    (folder / "sheet.txt").write_text("\n".join(sheet), "utf-8")
    (folder / "key.txt").write_text("\n".join(key) + "\n", "utf-8")


def main(name: str, *arguments: str) -> None:
    if arguments[:1] == ("--blind",):
        count, folder, *seed = arguments[1:]
        write_sheet(name, int(count), Path(folder), int(*seed or ["1"]))
    else:
        measure(name, int(*arguments or ["200"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
