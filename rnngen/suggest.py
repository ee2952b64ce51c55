"""What was meant by a word that is not known: `hiaku` is `haiku`, `--temp` is `--temperature`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LETTERS_PER_SLIP = 3
"""One slip in so many letters is passed over: words further apart are other words."""
LEAST_PREFIX = 3
"""Letters that must be there before the beginning of a word is taken for it."""
MOST_FILES = 2000
"""Of a folder that are compared with a name."""
SETTING_SYNONYMS = {
    "batch": "batch-size",
    "bs": "batch-size",
    "bptt": "seq-len",
    "context": "seq-len",
    "context-length": "seq-len",
    "count": "number",
    "embedding-size": "embedding-dim",
    "grad-clip": "clip",
    "hidden": "hidden-size",
    "hidden-dim": "hidden-size",
    "layers": "num-layers",
    "lr": "learning-rate",
    "max-chars": "chars",
    "max-length": "length",
    "max-new-tokens": "length",
    "max-tokens": "length",
    "n-layers": "num-layers",
    "nucleus": "top-p",
    "num-return-sequences": "number",
    "num-samples": "number",
    "num-tokens": "length",
    "outfile": "out",
    "output": "out",
    "output-dir": "out-dir",
    "random-seed": "seed",
    "repeat-penalty": "repetition-penalty",
    "rnn-size": "hidden-size",
    "rnn-type": "cell",
    "samples": "number",
    "sequence-length": "seq-len",
    "stop-sequence": "stop",
    "time": "minutes",
    "tokens": "length",
    "typical-p": "typical",
    "wd": "weight-decay",
}
"""What other programs call a setting -> ours, both as options without their dashes."""


def closest(word: str, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str:
    """The known word that `word` most likely is; empty if none is close.

    Dashes in front, capitals, and `_` for `-` make no difference.
    synonyms: what other programs call a known word -> that word.

    >>> closest("--temp", ["--temperature", "--top-p"])
    '--temperature'
    """
    plain = {_plain(w): w for w in known}
    asked = _plain(word)
    if (meant := _plain((synonyms or {}).get(asked, ""))) in plain:
        return plain[meant]
    if len(asked) >= LEAST_PREFIX:
        longer = [w for w in plain if w.startswith(asked)]
        if len(longer) == 1:
            return plain[longer[0]]
    slips, found = min(((_distance(asked, w), w) for w in plain), default=(0, ""))
    is_close = found and slips * LETTERS_PER_SLIP <= max(len(asked), len(found))
    return plain[found] if is_close else ""


def did_you_mean(word: str, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str:
    """A sentence to put behind an error, with a space before it; empty if no word is close."""
    found = closest(word, known, synonyms)
    return f" Did you mean {found}?" if found else ""


def similar_file(path: str | Path) -> str:
    """The same for a path at which there is no file: what is in its folder."""
    path = Path(path)
    try:
        names = [entry.name for entry in islice(path.parent.iterdir(), MOST_FILES)]
    except OSError:
        return ""
    found = closest(path.name, (name for name in names if not name.startswith(".")))
    return f" Did you mean {path.with_name(found)}?" if found and found != path.name else ""


def _plain(word: str) -> str:
    return word.lstrip("-").lower().replace("_", "-")


def _distance(one: str, other: str) -> int:
    """Letters to insert, delete, change, or exchange with the next, to make one the other.

    Each place is edited once (optimal string alignment, Boytsov 2011).
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            least = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and (a, b) == (other[j - 2], one[i - 2]):
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]
