"""Many texts of a form, no two the same, and none that copies what it must not.

Text i is the first draw of its index that passes, so it does not depend on how many are asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnngen.errors import FormError
from rnngen.forms.language.lexicon import WORD
from rnngen.forms.parallel import worker_pool
from rnngen.forms.search import Attempt, groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rnngen.forms.checked import CheckedSearch, CheckedText
    from rnngen.forms.parallel import WorkerPool
    from rnngen.forms.search import DrawnText, SearchSettings

ROWS = 128
"""Particles that are stepped at once: more are hardly faster, and keep the texts waiting."""
ATTEMPTS = 50
"""Draws for one text, times `best_of`, before it is said that there is none."""
SHORT_TEXT, LONGER_WORD = 20, 4
"""In words, and in letters. In longer texts, such as songs, lines come again on purpose."""
OPENING_SHARE = 0.1
"""Of the texts that are compared with others, those that may begin with the same two words."""


@dataclass(frozen=True)
class FormText:
    """A text that fits its form. Log-probabilities are natural.

    log_form: the estimated log-probability that free text of the model would fit; None of sharpened
    texts, which do not estimate it.
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
    log_form: float | None
    particles: int
    effective: float
    label: str | None = None  # of a model with labels

    @property
    def whole(self) -> str:
        """The text with its prompt."""
        return self.prompt + self.text


class DistinctTexts:
    """Passes on texts unlike all before. One is for all prompts of a command.

    Of each text `best_of` draws are compared, and the likeliest per character is passed on. The
    likeliest texts of a model tend to begin alike and to repeat a word. Such texts come last.
    """

    def __init__(self, refuses: Callable[[str], bool] = lambda text: False) -> None:
        """refuses: whether a text must not be printed, whatever else was."""
        self._refuses = refuses
        self._printed: set[str] = set()
        self._openings: Counter[str] = Counter()

    def texts(
        self, search: CheckedSearch, indices: Sequence[int], settings: SearchSettings
    ) -> Iterator[CheckedText]:
        """The texts of these indices, in order.

        Raises FormError if one of them cannot be found in `ATTEMPTS` times `best_of` draws.
        """

        def write_some(draws: Sequence[Attempt]) -> list[CheckedText]:
            return list(search.texts(draws, settings))

        draws = [draw for index in indices for draw in _draws(index, 0, settings)]
        whole, given = groups(draws, settings), len(search.prompt)
        with worker_pool(write_some, len(draws), len(whole)) as workers:
            shares = _shares(whole, settings, workers.num_workers)
            for drafts in _by_text(workers.map_shares(shares), settings.best_of):
                for attempt, candidates in self._draw_allowed(workers, drafts, settings):
                    yield self._choose(workers, attempt, candidates, settings, given)

    def _draw_allowed(
        self, workers: WorkerPool, drafts: Sequence[Sequence[CheckedText]], settings: SearchSettings
    ) -> list[tuple[int, list[CheckedText]]]:
        """For each text the first draws of which some are not refused, and the first's attempt.

        drafts: the first draws of each.
        """
        found: dict[int, tuple[int, list[CheckedText]]] = {}
        indices = [own[0].drawn.index for own in drafts]
        for attempt in _attempts(settings):
            for own in drafts:
                if allowed := [each for each in own if not self._refuses(each.drawn.text)]:
                    found[allowed[0].drawn.index] = attempt, allowed
            left = [index for index in indices if index not in found]
            if not left:
                return [found[index] for index in indices]
            again = attempt + settings.best_of
            draws = [draw for index in left for draw in _draws(index, again, settings)]
            if settings.temperature:
                [drafts] = _by_text([workers.map(groups(draws, settings))], settings.best_of)
        raise _no_text(left[0], "copies more of the training text than --novel allows", settings)

    def _choose(
        self,
        workers: WorkerPool,
        attempt: int,
        candidates: Sequence[CheckedText],
        settings: SearchSettings,
        given: int,
    ) -> CheckedText:
        """The best of the candidates, or of the next draws of their index, unlike all before."""
        index = candidates[0].drawn.index
        while not (new := [each for each in candidates if self._is_new(each.drawn.text)]):
            attempt += settings.best_of
            # The likeliest text is always the same one.
            if attempt not in _attempts(settings):
                raise _no_text(index, "repeats an earlier one", settings)
            candidates = workers.map(groups(_draws(index, attempt, settings), settings))
        chosen = min(new, key=lambda each: self._rank(each.drawn, given))
        self._printed.add(chosen.drawn.text)
        self._openings[_opening(chosen.drawn.text)] += 1
        return chosen

    def _is_new(self, text: str) -> bool:
        return text not in self._printed and not self._refuses(text)

    def _rank(self, drawn: DrawnText, given: int) -> tuple[bool, float]:
        """Less is better: first the texts that are not worn, then nats per character.

        given: characters of the prompt, which were not drawn.
        """
        most = 1 + OPENING_SHARE * len(self._printed)
        is_worn = self._openings[_opening(drawn.text)] + 1 > most or _repeats(drawn.text)
        return is_worn, -drawn.log_probability / max(1, len(drawn.text) - given)


def _attempts(settings: SearchSettings) -> range:
    """The attempts at which draws for a text begin; at temperature 0 there is only one text."""
    rounds = ATTEMPTS if settings.temperature else 1
    return range(0, rounds * settings.best_of, settings.best_of)


def _draws(index: int, attempt: int, settings: SearchSettings) -> list[Attempt]:
    """The draws that are compared for a text, from this attempt on."""
    return [Attempt(index, attempt + each) for each in range(settings.best_of)]


def _shares(
    whole: Sequence[Sequence[Attempt]], settings: SearchSettings, workers: int
) -> Iterator[list[Attempt]]:
    """The draws in shares to write at once: small ones first, so that a text is soon there.

    whole: draws that must be in one share.
    """
    first, begun = 0, 0
    rows = settings.particles * -(-settings.best_of // workers)
    while first < len(whole):
        size = max(1, min(rows, ROWS) // settings.particles // settings.together)
        yield [draw for group in whole[first : first + size] for draw in group]
        first, begun = first + size, begun + 1
        rows *= 2 if begun % workers == 0 else 1


def _by_text(shares: Iterable[list[CheckedText]], size: int) -> Iterator[list[list[CheckedText]]]:
    """The draws of each text together, as soon as they are all there: those of several texts."""
    waiting: list[CheckedText] = []
    for share in shares:
        waiting += share
        whole = len(waiting) // size * size
        if whole:
            yield [waiting[i : i + size] for i in range(0, whole, size)]
            waiting = waiting[whole:]


def _repeats(text: str) -> bool:
    """Whether a short text has a longer word twice, which makes it likely and dull."""
    words = WORD.findall(text.lower())
    longer = [word for word in words if len(word) >= LONGER_WORD]
    return len(words) <= SHORT_TEXT and len(set(longer)) < len(longer)


def _opening(text: str) -> str:
    """The first two words."""
    return " ".join(text.lower().split()[:2])


def _no_text(index: int, why: str, settings: SearchSettings) -> FormError:
    draws = ATTEMPTS * settings.best_of
    tries = "the likeliest" if settings.temperature == 0 else f"each of {draws} draws"
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
        log_form=drawn.log_form if settings.sharpen == 1 else None,
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
