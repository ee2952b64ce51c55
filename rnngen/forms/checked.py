"""Texts of one form that begin with one prompt, each read by the checker before it is given out."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rnngen.errors import FormError
from rnngen.forms.checker import Verdict, check
from rnngen.forms.compile import compile_form
from rnngen.forms.prompts import FormPrompt
from rnngen.forms.search import Attempt, DrawnText, SearchSettings, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rnngen.forms.language.lexicon import Lexicon
    from rnngen.forms.spec import FormSpec
    from rnngen.model.runtime import Runtime
    from rnngen.tokenizers.base import Tokenizer

_REREADS = 60  # draws of a text until one is read in one way only
_APART = 1 << 32  # attempts between them, so that they are none of another caller's


@dataclass(frozen=True)
class CheckedText:
    """A text and what the checker says of it."""

    drawn: DrawnText
    verdict: Verdict


class CheckedSearch:
    """Draws texts of one form and one prompt.

    >>> search = CheckedSearch(runtime, tokenizer, lexicon, load("haiku"))
    >>> for text in search.texts(map(Attempt, range(10)), SearchSettings(seed=1)):
    ...     print(text.drawn.text)
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
        start_id: int | None = None,
    ) -> None:
        """prompt: how each text begins; it counts.  words: see `compile_form`.

        start_id: the token of a label, with which each document begins; None: there are no labels.

        Raises FormError if this model cannot fill the form, or no text of it begins so.
        """
        self._runtime, self._spec = runtime, spec
        # A token the model never saw may be likely by mistake, and would stand for a newline.
        self._pieces = [
            piece if seen else b""
            for piece, seen in zip(tokenizer.pieces, tokenizer.seen, strict=True)
        ]
        masks = compile_form(
            spec, self._pieces, tokenizer.end_id, lexicon, words=words, prompt=prompt
        )

        def begin(runtime: Runtime, start_id: int | None) -> FormPrompt:
            return FormPrompt(runtime, tokenizer, masks, lexicon, prompt, start_id=start_id)

        self._begin = begin
        self._prompt = begin(runtime, start_id)

    def of_label(self, runtime: Runtime, start_id: int) -> CheckedSearch:
        """The same search in texts of another label."""
        other = copy.copy(self)
        other._runtime, other._prompt = runtime, self._begin(runtime, start_id)
        return other

    @property
    def prompt(self) -> str:
        """The prompt as the form reads it."""
        return self._prompt.text

    def texts(self, draws: Iterable[Attempt], settings: SearchSettings) -> Iterator[CheckedText]:
        """The texts of these draws, in order, each checked.

        Raises FormError if the checker finds fault with one, which would be an error of ours.
        """
        draws = list(draws)
        for each, drawn in zip(draws, self._draw(draws, settings), strict=True):
            yield self._checked(drawn, each, settings)

    def _draw(self, draws: Sequence[Attempt], settings: SearchSettings) -> Iterator[DrawnText]:
        start = self._prompt.start(settings.temperature)
        for drawn in draw(self._runtime, start.automaton, start.context, draws, settings):
            yield start.without_given(drawn, self._pieces)

    def _checked(self, drawn: DrawnText, first: Attempt, settings: SearchSettings) -> CheckedText:
        """The text if the checker is sure of it, else the next draw of its index it is sure of.

        A word of one count may be read in two ways by what stands around it: US, nine am.
        """
        for again in range(_REREADS + 1):
            if again:
                [drawn] = self._draw(
                    [Attempt(first.index, first.attempt + again * _APART)], settings
                )
            verdict = check(drawn.text, self._spec)
            if verdict.verdict == "exact" or (self.prompt and verdict.verdict == "possible"):
                return CheckedText(drawn, verdict)
            if verdict.verdict == "no":
                break
        raise FormError(
            f"form {self._spec.name!r}: the checker refused {drawn.text!r}:"
            f" {' '.join(verdict.reasons)} This is an error of rnngen; please report it."
        )

    def trial(self, settings: SearchSettings) -> Callable[[int, int], None]:
        """Draws the text of an index with so many particles, to see how long it takes."""

        def draw_one(index: int, particles: int) -> None:
            list(self.texts([Attempt(index)], replace(settings, particles=particles)))

        return draw_one
