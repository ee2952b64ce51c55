"""Forms from end to end: a model, its tokenizer and its words in; checked texts out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rnngen.errors import FormError
from rnngen.forms.automata.masks import Masks
from rnngen.forms.check import Verdict, check
from rnngen.forms.compile import ENOUGH_DOCUMENTS, compile_form
from rnngen.forms.search import DrawnText, SearchSettings, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnngen.forms.automata.base import Automaton
    from rnngen.forms.automata.trie import Node
    from rnngen.forms.language.lexicon import Lexicon
    from rnngen.forms.spec import FormSpec
    from rnngen.model.runtime import Runtime
    from rnngen.tokenizers.base import Tokenizer


_REREADS = 20  # draws of a text until one is read in one way only
_APART = 1000  # attempts between them, so that they are none of another caller's


@dataclass(frozen=True)
class CheckedText:
    """A text and what the checker says of it."""

    drawn: DrawnText
    verdict: Verdict


class FormWriter:
    """Writes texts of one form with one model.

    >>> writer = FormWriter(runtime, tokenizer, lexicon, load("haiku"))
    >>> for written in writer.write(range(10), SearchSettings(seed=1)):
    ...     print(written.drawn.text)
    """

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: Tokenizer,
        lexicon: Lexicon,
        spec: FormSpec,
        *,
        prompt: str = "",
        words: str = "corpus",
    ) -> None:
        """prompt: how each text begins; it counts.  words: see `compile_form`.

        Raises FormError if this model cannot fill the form, or no text of it begins so.
        """
        self._runtime, self._spec, self._prompt = runtime, spec, prompt
        # A token the model never saw may be likely by mistake, and would stand for a newline.
        pieces = [p if ok else b"" for p, ok in zip(tokenizer.pieces, tokenizer.seen, strict=True)]
        end_id = tokenizer.end_id
        self._masks = compile_form(spec, pieces, end_id, lexicon, words=words, prompt=prompt)
        before, lead = _context(self._masks, lexicon)
        if prompt:
            self._context = [
                *([] if before else [end_id]),
                *tokenizer.encode(before + lead + prompt),
            ]
        else:
            self._context = [int(i) for i in tokenizer.encode(before)] or [end_id]
            if lead:
                masks = self._masks
                leading = _LeadingBlank(masks.automaton, lead)
                self._masks = Masks(leading, masks.vocabulary, masks.line_masks)

    def write(
        self, indices: Sequence[int], settings: SearchSettings, attempt: int = 0
    ) -> Iterator[CheckedText]:
        """The texts of these indices, in order, each checked. `attempt` draws others for the same.

        Raises FormError if the checker finds fault with one, which would be an error of ours.
        """
        for drawn in self._draw(indices, settings, attempt):
            yield self._checked(drawn, settings, attempt)

    def _draw(
        self, indices: Sequence[int], settings: SearchSettings, attempt: int
    ) -> Iterator[DrawnText]:
        return draw(
            self._runtime,
            self._masks,
            self._context,
            indices,
            settings,
            prompt=self._prompt,
            attempt=attempt,
        )

    def _checked(self, drawn: DrawnText, settings: SearchSettings, attempt: int) -> CheckedText:
        """The text if the checker is sure of it, else the next draw of its index it is sure of.

        A word of one count may be read in two ways by what stands around it: US, nine am.
        """
        for again in range(_REREADS + 1):
            if again:
                [drawn] = self._draw([drawn.index], settings, attempt + again * _APART)
            verdict = check(drawn.text, self._spec)
            if verdict.verdict == "exact" or (self._prompt and verdict.verdict == "possible"):
                return CheckedText(drawn, verdict)
            if verdict.verdict == "no":
                break
        raise FormError(
            f"form {self._spec.name!r}: the checker refused {drawn.text!r}:"
            f" {' '.join(verdict.reasons)} This is an error of rnngen; please report it."
        )

    def trial(self, settings: SearchSettings) -> Callable[[int, int], None]:
        """Writes the text of an index with so many particles, to see how long it takes."""

        def write(index: int, particles: int) -> None:
            list(self.write([index], replace(settings, particles=particles)))

        return write


def _context(masks: Masks, lexicon: Lexicon) -> tuple[str, str]:
    """What the model has read before a text begins: some text, and a blank that must come next.

    A corpus of many documents begins one with its end token: then there is nothing. One long
    document has no such place; there a text begins after a line, or after a sentence.
    """
    characters = masks.vocabulary.characters
    if lexicon.documents[0].sum() >= ENOUGH_DOCUMENTS:
        return "", ""
    if not masks.automaton.wrap and "\n" in characters:
        return "\n", ""
    return (".", " ") if {".", " "} <= characters else ("", "")


class _LeadingBlankState:
    """Before the text: the blank that parts it from what the model has read."""

    done = False

    def __init__(self, worth: float) -> None:
        self.worth = worth
        self.tokens: dict[int, Any] = {}
        self.parts: dict[Any, Any] = {}


class _LeadingBlank:
    """An automaton that first reads one blank. Subwords hold the blank and the word's beginning."""

    def __init__(self, inner: Automaton, blank: str) -> None:
        self._inner, self._blank = inner, blank
        self._first = _LeadingBlankState(inner.start().worth)
        self.uses_words, self.wrap = inner.uses_words, inner.wrap

    def start(self) -> Any:
        return self._first

    def step(self, state: Any, char: str) -> Any | None:
        if state is self._first:
            return self._inner.start() if char == self._blank else None
        return self._inner.step(state, char)

    def follow(self, state: Any, char: str) -> Any:
        return self._inner.start() if state is self._first else self._inner.follow(state, char)

    def key(self, state: Any) -> Any:
        return state if state is self._first else self._inner.key(state)

    def render(self, text: str) -> str:
        return self._inner.render(text.removeprefix(self._blank))

    def letters(self, state: Any) -> tuple[Node, str] | None:
        return None if state is self._first else self._inner.letters(state)

    def inside(self, state: Any, node: Node) -> Any:
        return self._inner.inside(state, node)

    def end_word(self, state: Any) -> Any | None:
        return state if state is self._first else self._inner.end_word(state)
