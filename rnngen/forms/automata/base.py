"""What an automaton of a form is, and the tokens of a model as a tree of characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from rnngen.forms.language.letters import END, fold, is_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.forms.automata.trie import Node

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


class Mask(NamedTuple):
    """Tokens that may follow, each once, int64 (k,), and the log of what each leads to, (k,)."""

    tokens: IntArray
    log_worths: FloatArray


class Branch:
    """A node of the token tree: tokens that end here, and the branches for one character more."""

    __slots__ = ("grown", "letters", "others", "tokens")

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.grown: dict[str, Branch] = {}
        self.letters: dict[str, list[Branch]] = {}  # by the letter as words are stored
        self.others: dict[str, Branch] = {}  # all the rest

    def grow(self, char: str) -> Branch:
        if char not in self.grown:
            below = self.grown[char] = Branch()
            if is_letter(char):
                self.letters.setdefault(fold(char), []).append(below)
            else:
                self.others[char] = below
        return self.grown[char]


class Vocabulary:
    """The tokens of a tokenizer as a tree of characters, without those that are not whole text."""

    def __init__(self, pieces: Sequence[bytes], end_id: int) -> None:
        self.end_id = end_id
        self.texts = [_text(piece) for piece in pieces]
        self.texts[end_id] = END
        self.root = Branch()
        for token, text in enumerate(self.texts):
            if text and token != end_id:
                branch = self.root
                for char in text:
                    branch = branch.grow(char)
                branch.tokens.append(token)
        self.root.grow(END).tokens.append(end_id)
        self.characters = frozenset(text for text in self.texts if len(text) == 1)


def _text(piece: bytes) -> str:
    """The text of a piece, empty if it is not whole characters."""
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        return ""


class Walk(NamedTuple):
    """Tokens of letters only that continue a prefix, (k,), with the words they lead to.

    low, high: (k,); total: how often the corpus has them, (k,); shares: of that by count, (k, C).
    exits: where a word may be complete before the
    token is: the branch, and the prefix there.
    """

    tokens: IntArray
    low: IntArray
    high: IntArray
    shares: FloatArray
    total: FloatArray
    exits: list[tuple[Branch, Node]]


class Automaton(Protocol):
    """What reads text one character at a time; states hold `worth`, `done`, `tokens`, `parts`.

    uses_words: whether it knows words, so that letters can be walked for all lines at once.
    wrap: whether it breaks lines itself, at spaces.
    """

    @property
    def uses_words(self) -> bool: ...
    @property
    def wrap(self) -> bool: ...
    def start(self) -> Any: ...
    def step(self, state: Any, char: str) -> Any | None: ...
    def follow(self, state: Any, char: str) -> Any: ...
    def key(self, state: Any) -> Any: ...
    def render(self, text: str) -> str: ...
    def letters(self, state: Any) -> tuple[Node, str] | None: ...
    def inside(self, state: Any, node: Node) -> Any: ...
    def end_word(self, state: Any) -> Any | None: ...
