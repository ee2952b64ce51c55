"""From characters to tokens: which tokens may follow a state, and what each is worth.

Tokens are the paths of a tree of characters, walked together with the automaton. Runs of letters
are walked once for each prefix, whatever the line; the line then only weighs them (two products of
a matrix with a vector), so a mask costs some 20 microseconds, also with thousands of subwords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from rnngen.forms.letters import END, fold, is_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.forms.sweep import Sweep
    from rnngen.forms.words import Node

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


class Mask(NamedTuple):
    """Tokens that may follow, each once, int64 (k,), and the log of what each leads to, (k,)."""

    tokens: IntArray
    log_worths: FloatArray


_NOTHING = Mask(np.zeros(0, np.int64), np.zeros(0))


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


def _joined(parts: list[Mask]) -> Mask:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _NOTHING
    return Mask(
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([part.log_worths for part in parts]),
    )


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

    spoken: whether it knows words, so that runs of letters can be walked for all lines at once.
    wrap: whether it breaks lines itself, at spaces.
    """

    @property
    def spoken(self) -> bool: ...
    @property
    def wrap(self) -> bool: ...
    def start(self) -> Any: ...
    def step(self, state: Any, char: str) -> Any | None: ...
    def follow(self, state: Any, char: str) -> Any: ...
    def key(self, state: Any) -> Any: ...
    def write(self, text: str) -> str: ...
    def letters(self, state: Any) -> tuple[Node, str] | None: ...
    def inside(self, state: Any, node: Node) -> Any: ...
    def ended(self, state: Any) -> Any | None: ...
    def sweep(self, vocabulary: Vocabulary) -> Sweep | None: ...


class Masks:
    """Masks of one automaton over one vocabulary, each computed once."""

    def __init__(self, automaton: Automaton, vocabulary: Vocabulary) -> None:
        self.automaton, self.vocabulary = automaton, vocabulary
        self._walks: dict[tuple[Branch, Node, str], Walk] = {}

    def mask(self, state: Any) -> Mask:
        """What may follow `state`; never empty unless the state is done."""
        return self._part(self.automaton.key(state), self.vocabulary.root)

    def after(self, state: Any, token: int) -> Any:
        """The state after a token of its mask."""
        found = state.tokens.get(token)
        if found is None:
            found = state
            for char in self.vocabulary.texts[token] or (END,):
                found = self.automaton.follow(found, char)
            state.tokens[token] = found
        return found

    def _part(self, state: Any, branch: Branch) -> Mask:
        """The mask of the tokens below `branch`, when its characters have led to `state`."""
        found: Mask | None = state.parts.get(branch)
        if found is None:
            found = state.parts[branch] = self._walk_from(state, branch)
        return found

    def _walk_from(self, state: Any, branch: Branch) -> Mask:
        if not self.automaton.spoken:
            return self._walk_freely(state, branch)
        parts = self._others(state, branch)
        place = self.automaton.letters(state) if branch.letters else None
        if place is not None:
            walk = self._walk(branch, *place)
            tokens, worths = walk.tokens, state.view.prefixes(state.used, walk)
            fits = worths > 0
            if not fits.all():
                tokens, worths = tokens[fits], worths[fits]
            parts.append(Mask(tokens, np.log(worths)))
            for below, node in walk.exits:
                parts += self._others(self.automaton.inside(state, node), below)
        return _joined(parts)

    def _walk_freely(self, state: Any, branch: Branch) -> Mask:
        """For automata without words; one line of characters is swept for all tokens at once."""
        sweep = self.automaton.sweep(self.vocabulary) if branch is self.vocabulary.root else None
        if sweep is None or state is self.automaton.start():
            return _joined(self._stepped(state, branch.grown))
        end = self._stepped(state, {END: branch.grown[END]})
        return _joined([sweep.mask(state), *end])

    def _others(self, state: Any, branch: Branch) -> list[Mask]:
        """Masks of the tokens below `branch` whose next character is no letter."""
        state = self.automaton.ended(state)
        if state is None or not branch.others:
            return []
        parts: list[Mask] | None = state.parts.get((branch,))
        if parts is None:
            parts = state.parts[branch,] = self._stepped(state, branch.others)
        return list(parts)

    def _stepped(self, state: Any, branches: dict[str, Branch]) -> list[Mask]:
        parts, tokens, worths = [], [], []
        for char, below in branches.items():
            after = self.automaton.step(state, char)
            if after is not None:
                tokens += below.tokens
                worths += [after.worth] * len(below.tokens)
                if below.grown and not after.done:
                    parts.append(self._part(after, below))
        if tokens:
            parts.append(Mask(np.array(tokens), np.log(worths)))
        return parts

    def _walk(self, branch: Branch, node: Node, only: str) -> Walk:
        key = (branch, node, only)
        found = self._walks.get(key)
        if found is None:
            found = self._walks[key] = _walk_letters(branch, node, only)
        return found


def _walk_letters(branch: Branch, node: Node, only: str) -> Walk:
    tokens: list[int] = []
    ranges: list[tuple[int, int]] = []
    exits: list[tuple[Branch, Node]] = []
    waiting = [(branch, node, only)]
    while waiting:
        branch, node, only = waiting.pop()
        for letter, (low, high, _) in node.letters.items():
            if only and letter != only:
                continue
            for below in branch.letters.get(letter, ()):
                tokens += below.tokens
                ranges += [(low, high)] * len(below.tokens)
                if below.letters or below.others:
                    child = node.child(letter)
                    assert child is not None
                    waiting.append((below, child, ""))
                    if below.others and child.word >= 0:
                        exits.append((below, child))
    bounds = np.array(ranges, np.int64).reshape(-1, 2)
    low_bounds, high_bounds = bounds[:, 0], bounds[:, 1]
    mass = node.tree.every.ranges(low_bounds, high_bounds)
    total = mass.sum(axis=1)
    shares = mass / total[:, None]
    return Walk(np.array(tokens, np.int64), low_bounds, high_bounds, shares, total, exits)
