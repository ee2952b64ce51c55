"""What was meant by a word that is not known: `hiaku` is `haiku`, `--temp` is `--temperature`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CLOSE = 0.75
"""Of difflib's ratio: two letters of five exchanged pass, other words of the same length do not."""
LEAST_PREFIX = 3
"""Letters that must be there before the beginning of a word is taken for it."""


def closest(word: str, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str:
    """The known word that `word` most likely is; empty if none is close.

    synonyms: what other programs call a known word -> that word.

    >>> closest("--temp", ["--temperature", "--top-p"])
    '--temperature'
    """
    words = list(known)
    bare = {w.lstrip("-").lower(): w for w in words}
    asked = word.lstrip("-").lower()
    meant = (synonyms or {}).get(asked)
    if meant in words:
        return meant
    if len(asked) >= LEAST_PREFIX:
        longer = [w for w in bare if w.startswith(asked)]
        if len(longer) == 1:
            return bare[longer[0]]
    from difflib import get_close_matches  # most commands are right, and start sooner without

    close = get_close_matches(asked, bare, n=1, cutoff=CLOSE)
    return bare[close[0]] if close else ""


def did_you_mean(word: str, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str:
    """A sentence to put behind an error, with a space before it; empty if no word is close."""
    found = closest(word, known, synonyms)
    return f" Did you mean {found}?" if found else ""
