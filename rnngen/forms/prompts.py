"""How texts of a form begin: what the model reads first, and what its tokens must spell then.

As in free text (sampling/prompts.py), only what no later text can change is encoded as it stands
(`Tokenizer.settled`). The rest of the prompt is spelled by the particles themselves, so a token may
cross its end. Given that a text begins with the prompt's characters and has the form, it is drawn
from the model's own distribution, wherever the prompt was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rnngen.config import SampleConfig
from rnngen.forms.automata.leading import Leading
from rnngen.forms.automata.word_masks import WordMasks
from rnngen.forms.compile import ENOUGH_DOCUMENTS, fit_prompt
from rnngen.forms.language.letters import is_letter
from rnngen.sampling.spelling import Beginning, SpellingTree, TokenSpellings
from rnngen.tokenizers.base import utf8

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnngen.forms.automata.base import TokenAutomaton
    from rnngen.forms.automata.leading import FormMasks
    from rnngen.forms.language.lexicon import Lexicon
    from rnngen.forms.search import DrawnText
    from rnngen.model.runtime import Runtime
    from rnngen.tokenizers.base import Tokenizer

_HYPHENS = frozenset("-\u2013")  # what joins two words into one


@dataclass(frozen=True)
class FormStart:
    """Where a search begins.

    context: tokens that the model reads first.  automaton: what follows them.
    spelled: the last tokens of the context that spell a part of the prompt.
    given: bytes that the tokens spell before new text comes.
    log_given: log-probability that the model spells them, which the search takes up unasked.
    """

    context: list[int]
    automaton: TokenAutomaton
    given: int = 0
    spelled: tuple[int, ...] = ()
    log_given: float = 0.0
    log_given_at_temperature: float = 0.0

    def without_given(self, drawn: DrawnText, pieces: Sequence[bytes]) -> DrawnText:
        """The text with what is known of it given the prompt: its new tokens, their logs."""
        tokens = [*self.spelled, *drawn.tokens]
        spelled = 0
        while tokens and spelled < self.given and spelled + len(pieces[tokens[0]]) <= self.given:
            spelled += len(pieces[tokens.pop(0)])
        return replace(
            drawn,
            tokens=tuple(tokens),
            log_probability=drawn.log_probability - self.log_given,
            log_form=drawn.log_form - self.log_given_at_temperature,
        )


class FormPrompt:
    """A prompt of one form and one model.

    text: as the form reads it.
    """

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: Tokenizer,
        masks: FormMasks,
        lexicon: Lexicon,
        prompt: str,
        *,
        start_id: int | None = None,
    ) -> None:
        """start_id: the token of a label, with which each document begins; None: none does.

        Raises FormError if no text of the form begins with `prompt`."""
        self.start = lru_cache(maxsize=4)(self._start)
        self.text = fit_prompt(masks, prompt)
        self._masks = masks
        # Nothing is joined to the prompt's last word: no "Mr. Lee-third".
        joins = isinstance(masks, WordMasks) and self.text and is_letter(self.text[-1])
        self._barred = _HYPHENS if joins else frozenset()
        before, lead = _text_before(masks, lexicon)
        whole = before + lead + self.text
        opened = self._opened(tokenizer, whole, len(before)) if self.text else len(before)
        self._given = utf8(whole[opened:])
        self._context = [] if before else [tokenizer.end_id]
        if start_id is not None:
            self._context = [start_id]
        self._context += [int(token) for token in tokenizer.encode(whole[:opened])]
        self._tree: SpellingTree | None = None
        if self.text and self._given:
            self._tree = self._spellings(runtime)
            if not len(self._tree.choices[0]):  # no tokens spell it: it stays as it is encoded
                self._tree, self._given = None, b""
                self._context += [int(token) for token in tokenizer.encode(whole[opened:])]

    def _opened(self, tokenizer: Tokenizer, text: str, least: int) -> int:
        """From which character on the tokens of `text` are left open: all of these are tokens."""
        vocabulary = self._masks.vocabulary
        alone = {piece for piece in vocabulary.pieces if len(piece) == 1}
        start = max(least, tokenizer.settled(text))
        for place in range(start, len(text)):
            char = text[place]
            if char not in vocabulary.characters and not {bytes([b]) for b in utf8(char)} <= alone:
                start = place + 1
        return start

    def _spellings(self, runtime: Runtime) -> SpellingTree:
        """All ways in which tokens spell what is given, as likely as the model finds them."""
        pieces = self._masks.vocabulary.pieces
        state = runtime.start(1)
        for token in self._context[:-1]:
            _, state = runtime.step(np.array([token]), state)
        spellings = TokenSpellings(pieces, np.zeros(len(pieces), bool))
        return SpellingTree(runtime, spellings, Beginning(self._context, state), self._given)

    def _start(self, temperature: float) -> FormStart:
        """Where a search at this temperature begins."""
        if self._tree is None:
            return FormStart(self._context, self._leading(), len(self._given))
        completions = self._tree.completions()
        log_given = completions[()]
        if temperature == 0:
            return self._likeliest(self._tree, log_given)
        logs = self._tree.drawn_logs(SampleConfig(), temperature)
        return FormStart(
            self._context,
            self._leading(completions=completions),
            len(self._given),
            log_given=log_given,
            log_given_at_temperature=float(np.logaddexp.reduce(logs)),
        )

    def _leading(
        self,
        completions: dict[tuple[int, ...], float] | None = None,
        spelled: tuple[int, ...] = (),
    ) -> Leading:
        return Leading(
            self._masks,
            self._given,
            self.text,
            completions=completions,
            barred=self._barred,
            spelled=spelled,
        )

    def _likeliest(self, tree: SpellingTree, log_given: float) -> FormStart:
        """The likeliest spelling that the form allows, as read by the model.

        Token by token, the likeliest would be a part of the prompt that the model then goes on
        from as no text does.
        """
        free = self._leading()
        for choice in np.argsort(-tree.choices[2], kind="stable").tolist():
            *inside, last = spelled = tree.spelled(choice)
            state = free.start()
            for token in inside:
                state = state.after(token)
            if last in state.mask().tokens:
                automaton = self._leading(spelled=spelled)
                log_given -= float(tree.choices[2][choice])
                context = [*self._context, *spelled]
                return FormStart(
                    context, automaton, len(self._given), spelled, log_given, log_given
                )
        return FormStart(self._context, free, len(self._given))


def _text_before(masks: FormMasks, lexicon: Lexicon) -> tuple[str, str]:
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
