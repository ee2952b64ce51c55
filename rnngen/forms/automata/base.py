"""What an automaton of a form is, what a search sees of one, and the tokens of a model as a tree.

Automaton        reads characters: which may follow, and how promising that is
LetterAutomaton  one that knows words, so that all words of a prefix are weighed at once
TokenAutomaton   reads tokens: what the search steps; `Masks` makes one of either
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from rnngen.forms.language.letters import END, fold, is_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rnngen.forms.automata.trie import Node

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

S = TypeVar("S", bound=Hashable)
"""A state: an immutable value. Two that are equal allow the same texts from there on."""


class Automaton(Protocol[S]):
    """A form as a finite automaton over the characters of a text.

    What must hold, so that no text gets stuck and every text ends:
    - `start()` and every state that `step` returns can be completed to a text of the form
    - a path has finitely many steps, whatever characters are chosen
    """

    @property
    def wrap(self) -> bool:
        """Whether the form breaks lines, at the spaces of the text; else its newlines do."""
        ...

    def start(self) -> S:
        """The state before the first character. Not final."""
        ...

    def step(self, state: S, char: str) -> S | None:
        """The state after one more character, or None if no text of the form goes on so.

        char: one character, or `END` for the end of the text.  state: not final.
        """
        ...

    def is_final(self, state: S) -> bool:
        """Whether the text is complete: nothing follows a final state."""
        ...

    def worth(self, state: S) -> float:
        """The look-ahead psi(state) > 0: about how likely free text completes the form from here.

        It steers the search and cancels out of the weights, so any positive number is correct and
        a good one saves particles.
        """
        ...

    def key(self, state: S) -> S:
        """A state that allows the same tokens with the same worths, so that they share a mask."""
        ...

    def render(self, text: str) -> str:
        """The text as it is printed: without what ended it, and with the form's line breaks.

        text: characters that `step` allowed, one after the other, up to a final state.
        """
        ...


class LetterAutomaton(Automaton[S], Protocol[S]):
    """An automaton that knows which words may stand where.

    A vocabulary of subwords has thousands of tokens that are letters only. They are walked through
    the words once for each prefix (`Walk`), and a state then weighs all of them at once.
    """

    def letters(self, state: S) -> tuple[Node, str] | None:
        """Where a letter leads: the prefix it extends, and the one letter it must be or "".

        None if no letter may follow.
        """
        ...

    def inside(self, state: S, node: Node) -> S:
        """The state when the word that `state` has open, or may begin, is at `node`.

        node: a prefix that `letters` leads to. The result may be worth 0: it is not weighed here.
        """
        ...

    def end_word(self, state: S) -> S | None:
        """The state once the open word is over; `state` itself if none is open.

        None if the prefix is no word, or one that does not fit.
        """
        ...

    def breaks_line(self, state: S) -> bool:
        """Whether a blank after `state` breaks a line, the last one's end not counted."""
        ...

    def weigh(self, state: S, walk: Walk) -> FloatArray:
        """`worth(inside(state, prefix))` for the k prefixes of a walk, (k,); 0 where none fits."""
        ...


class TokenState(Protocol):
    """Where a text stands, as a search over tokens sees it."""

    @property
    def is_final(self) -> bool:
        """Whether the text is complete: it has no mask then."""
        ...

    @property
    def worth(self) -> float:
        """The look-ahead, positive; see Automaton.worth."""
        ...

    @property
    def breaks_line(self) -> bool:
        """Whether a blank that comes next is a place where the form breaks a line."""
        ...

    def mask(self) -> Mask:
        """The tokens that may follow, at least one."""
        ...

    def after(self, token: int) -> TokenState:
        """The state after a token of the mask."""
        ...


class TextState(TokenState, Protocol):
    """A TokenState that may also stand inside a token, between two of its characters."""

    def below(self, branch: Branch) -> Mask:
        """The tokens below `branch` whose other characters may follow; may be empty.

        branch: of the characters of the token that have led here.
        """
        ...

    def follow(self, text: str) -> TextState:
        """The state after characters that are known to be allowed."""
        ...


class TokenAutomaton(Protocol):
    """A form as a finite automaton over the tokens of a model: what the search steps."""

    @property
    def breaks(self) -> LineBreaks | None:
        """How breaks of lines are weighed; None: the model breaks them, or there is no telling."""
        ...

    def start(self) -> TokenState:
        """The state before the first token that is drawn."""
        ...

    def render(self, tokens: Sequence[int]) -> str:
        """The text as it is printed, when `tokens` have led from the start to a final state."""
        ...


class LineBreaks(NamedTuple):
    """What a search needs to ask the model whether it would end a line where the form does.

    blanks: which tokens begin with a space or a newline, bool (V,).  newline: the token of one.
    log_average: the log of how often a line ends after a word in the corpus.
    """

    blanks: NDArray[np.bool_]
    newline: int
    log_average: float


class Mask(NamedTuple):
    """Tokens that may follow, each once, int64 (k,), and the log of what each leads to, (k,)."""

    tokens: IntArray
    log_worths: FloatArray


class Walk(NamedTuple):
    """Tokens of letters only that continue a prefix, (k,), with the words they lead to.

    low, high: (k,), the range of words each leads to.  total: how often the corpus has them, (k,).
    shares: of that by count of syllables, (k, C).
    exits: where a word may be complete before the token is: the branch, and the prefix there.
    """

    tokens: IntArray
    low: IntArray
    high: IntArray
    shares: FloatArray
    total: FloatArray
    exits: list[tuple[Branch, Node]]


class Branch:
    """A node of the token tree: tokens that end here, and the branches for one character more."""

    __slots__ = ("grown", "letters", "others", "tokens")

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.grown: dict[str, Branch] = {}
        self.letters: dict[str, list[Branch]] = {}  # by the letter as words are stored
        self.others: dict[str, Branch] = {}  # all the rest

    def grow(self, char: str) -> Branch:
        """The branch for one character more, a new one if there was none."""
        if char not in self.grown:
            below = self.grown[char] = Branch()
            if is_letter(char):
                self.letters.setdefault(fold(char), []).append(below)
            else:
                self.others[char] = below
        return self.grown[char]


class Vocabulary:
    """The tokens of a tokenizer as a tree of characters, without those that are not whole text.

    pieces: the bytes of each token.  texts: its characters, "" for one that is not whole text.
    """

    def __init__(self, pieces: Sequence[bytes], end_id: int) -> None:
        self.pieces, self.end_id = pieces, end_id
        self.texts = [_text(piece) for piece in pieces]
        self.texts[end_id] = END
        self.root = Branch()
        for token, text in enumerate(self.texts):
            if text and token != end_id:
                branch = self.root
                for char in text:
                    branch = branch.grown.get(char) or branch.grow(char)
                branch.tokens.append(token)
        self.root.grow(END).tokens.append(end_id)
        self.characters = frozenset(text for text in self.texts if len(text) == 1)

    def branch(self, text: str) -> Branch | None:
        """The node of the tokens that begin with `text`, or None if there are none."""
        branch: Branch | None = self.root
        for char in text:
            branch = branch.grown.get(char) if branch is not None else None
        return branch


def _text(piece: bytes) -> str:
    """The text of a piece, empty if it is not whole characters."""
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        return ""
