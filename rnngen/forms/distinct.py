"""Many texts of a form, no two the same, and none that copies what it must not.

Text i is the first draw of its index that passes, so it does not depend on how many are asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnngen.errors import FormError
from rnngen.forms.parallel import worker_pool
from rnngen.forms.search import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rnngen.forms.checked import CheckedSearch, CheckedText
    from rnngen.forms.parallel import WorkerPool
    from rnngen.forms.search import SearchSettings

ATTEMPTS = 50
"""Draws for one text before it is said that there is none."""


@dataclass(frozen=True)
class FormText:
    """A text that fits its form. Log-probabilities are natural.

    log_form: the estimated log-probability that free text of the model would fit.
    particles: how many were followed.  effective: how many of them the text was really chosen from.
    """

    index: int
    seed: int
    prompt: str  # as it is printed: the form may have broken its lines
    text: str  # without the prompt
    tokens: int
    log_probability: float  # of the tokens drawn, as the model has them
    bits_per_character: float
    form: str
    verdict: str  # the checker's: exact, or with a prompt of doubtful words possible
    log_form: float
    particles: int
    effective: float
    label: str | None = None  # of a model with labels

    @property
    def whole(self) -> str:
        """The text with its prompt."""
        return self.prompt + self.text


class DistinctTexts:
    """Passes on texts unlike all before. One is for all prompts of a command."""

    def __init__(self, refuses: Callable[[str], bool] = lambda text: False) -> None:
        """refuses: whether a text must not be printed, whatever else was."""
        self._refuses = refuses
        self._printed: set[str] = set()

    def texts(
        self, search: CheckedSearch, indices: Sequence[int], settings: SearchSettings
    ) -> Iterator[CheckedText]:
        """The texts of these indices, in order.

        Raises FormError if one of them cannot be found in `ATTEMPTS` draws.
        """

        def write_some(some: Sequence[int], attempt: int) -> list[CheckedText]:
            return list(search.texts(some, settings, attempt))

        with worker_pool(write_some, len(indices)) as workers:
            size = max(1, ROWS // settings.particles) * workers.num_workers
            for first in range(0, len(indices), size):
                some = indices[first : first + size]
                for attempt, written in self._draw_allowed(workers, some, settings):
                    yield self._draw_new(search, attempt, written, settings)

    def _draw_allowed(
        self, workers: WorkerPool, indices: Sequence[int], settings: SearchSettings
    ) -> list[tuple[int, CheckedText]]:
        """The first draw of each index that is not refused, and which it was. May repeat."""
        found: dict[int, tuple[int, CheckedText]] = {}
        left = list(indices)
        for attempt in range(ATTEMPTS if settings.temperature else 1):
            for written in workers.map(left, attempt):
                if not self._refuses(written.drawn.text):
                    found[written.drawn.index] = attempt, written
            left = [index for index in left if index not in found]
            if not left:
                return [found[index] for index in indices]
        raise _no_text(left[0], "copies more of the training text than --novel allows", settings)

    def _draw_new(
        self, search: CheckedSearch, attempt: int, written: CheckedText, settings: SearchSettings
    ) -> CheckedText:
        """This text, or the next draw of its index that is unlike all before."""
        index = written.drawn.index
        while written.drawn.text in self._printed or self._refuses(written.drawn.text):
            attempt += 1
            # The likeliest text is always the same one.
            if attempt >= ATTEMPTS or settings.temperature == 0:
                raise _no_text(index, "repeats an earlier one", settings)
            [written] = search.texts([index], settings, attempt)
        self._printed.add(written.drawn.text)
        return written


def _no_text(index: int, why: str, settings: SearchSettings) -> FormError:
    tries = "the likeliest" if settings.temperature == 0 else f"each of {ATTEMPTS} draws"
    return FormError(
        f"text {index + 1}: {tries} {why}. Ask for fewer texts, or for wilder ones:"
        " a higher `temperature`, no `top_k`, `top_p` or `min_p`."
    )


def form_text(
    written: CheckedText,
    settings: SearchSettings,
    *,
    prompt: str,
    form: str,
    label: str | None = None,
) -> FormText:
    """The text, which begins with `prompt`, with what is known of it."""
    drawn = written.drawn
    cut = _prompt_end(drawn.text, prompt)
    bits = -drawn.log_probability / math.log(2)
    return FormText(
        index=drawn.index,
        seed=settings.seed,
        prompt=drawn.text[:cut],
        text=drawn.text[cut:],
        tokens=len(drawn.tokens),
        log_probability=drawn.log_probability,
        bits_per_character=bits / max(1, len(drawn.text) - cut),
        form=form,
        verdict=written.verdict.verdict,
        log_form=drawn.log_form,
        particles=settings.particles,
        effective=drawn.effective,
        label=label,
    )


def _prompt_end(text: str, prompt: str) -> int:
    """Where the prompt ends in the text, 0 if the text does not begin with it.

    The form may put a line break where the prompt has a space or, where no text has spaces, between
    any two characters, and nothing else.
    """
    if text[: len(prompt)].split() == prompt.split():
        return len(prompt)
    place = 0
    for char in prompt:
        place += text[place : place + 1] == "\n"
        if text[place : place + 1] != char:
            return 0
        place += 1
    return place
