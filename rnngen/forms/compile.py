"""From a form, a vocabulary and a corpus' words to masks for a search, or the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.errors import FormError
from rnngen.forms.automata.base import LineBreaks, Vocabulary
from rnngen.forms.automata.masks import Masks
from rnngen.forms.automata.meter import Meter
from rnngen.forms.automata.trie import WordTree
from rnngen.forms.automata.word_masks import WordMasks
from rnngen.forms.automata.words import STOPS, WordAutomaton
from rnngen.forms.language.letters import fold, is_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.forms.automata.characters import CharacterState
    from rnngen.forms.automata.leading import FormMasks
    from rnngen.forms.automata.words import WordState
    from rnngen.forms.language.lexicon import Lexicon
    from rnngen.forms.spec import FormSpec

WORDS = ("dictionary", "corpus")
ENGLISH = 0.5  # share of a text's words in the dictionary below which a corpus is not English
_OWN_LINES = 0.03  # share of the corpus' lines that fit, from which the model breaks lines itself
_PROSE = 10  # words a line from which lines that begin small are broken at a margin, not by sense
_OWN_ENDS = 0.05  # share of its documents that fit, from which the model ends texts itself
_ROW = {"syllables": 0, "words": 1, "chars": 2, "tweet": 2}  # of the lexicon's tables
ENOUGH_DOCUMENTS = 20
_SENTENCES = 0.02  # sentence ends for each word, below which a corpus does without


def compile_form(
    spec: FormSpec,
    pieces: Sequence[bytes],
    end_id: int,
    lexicon: Lexicon,
    *,
    words: str = "corpus",
    prompt: str = "",
) -> FormMasks:
    """Masks of the form over a tokenizer's `pieces`.

    words: "dictionary" writes only words the dictionary holds, "corpus" also others of the corpus
    whose syllables are clear.  prompt: its words are added to those of the corpus.
    Raises FormError if no text of this model can fill the form.
    """
    vocabulary = Vocabulary(pieces, end_id)
    if spec.uses_words:
        return _compile_words(spec, vocabulary, lexicon.with_words(prompt), words)
    return _compile_characters(spec, vocabulary, lexicon)


def fit_prompt(masks: FormMasks, prompt: str) -> str:
    """The prompt as the form reads it: a blank at its end may stand for another one.

    So a space after a full line breaks it, and a line end inside a line is a space.
    Raises FormError, naming the place, if no text of the form begins with `prompt`.
    """
    body = prompt.rstrip(" \n")
    blanks = (" ", "\n") if body != prompt else ()
    for found in (prompt, *(body + blank for blank in blanks)):
        if masks.read(found) is not None:
            return found
    ends = range(1, len(prompt) + 1)
    read = next(prompt[:end] for end in ends if masks.read(prompt[:end]) is None)
    raise FormError(f"the prompt breaks the form: no text that fits begins {read!r}.")


def _compile_characters(
    spec: FormSpec, vocabulary: Vocabulary, lexicon: Lexicon
) -> Masks[CharacterState]:
    """Of a form of unit chars or tweet."""
    from rnngen.forms.automata.characters import CharacterAutomaton
    from rnngen.forms.automata.line_masks import LineMasks

    end, wrap = ending(spec, vocabulary, lexicon), breaks_lines(spec, vocabulary, lexicon)
    lines: Sequence[tuple[int, int]] = spec.lines
    split: Sequence[tuple[int, int]] = ()
    if wrap and len(lines) > 1 and " " not in vocabulary.characters:
        if spec.match:
            raise FormError(
                f"form {spec.name!r}: the model has no space or newline, so its lines are cut"
                " after they are written, and `match` cannot hold for each. Leave it out."
            )
        low, high = (sum(line[i] for line in lines) for i in (0, 1))
        lines, split = ((low, high),), lines
    automaton = CharacterAutomaton(
        lines,
        sorted(vocabulary.characters),
        unit=spec.unit,
        is_tweet=spec.unit == "tweet" or spec.max_weight > 0,
        match=spec.match,
        wrap=wrap,
        split=split,
        end=end,
        cut=spec.unit == "tweet" and end != "text" and not spec.match,
        loose=_is_prose(lexicon),
    )
    if len(lines) == 1:
        return LineMasks(automaton, vocabulary)
    return Masks(automaton, vocabulary)


def _compile_words(
    spec: FormSpec, vocabulary: Vocabulary, lexicon: Lexicon, words: str
) -> WordMasks[WordState]:
    chosen = _writable(spec, vocabulary, lexicon, words)
    counts = lexicon.syllables.astype(np.int64)
    if spec.unit == "words":
        counts = np.ones_like(counts)
    tree = WordTree(
        [lexicon.words[i] for i in chosen.tolist()], lexicon.frequency[chosen], counts[chosen]
    )
    endings = lexicon.ending[chosen].astype(np.int64)
    onsets = lexicon.onset[chosen].astype(np.int64)
    meter = Meter(tree, spec.lines, spec.rhymes(), spec.acrostic, endings, onsets)
    wrap = breaks_lines(spec, vocabulary, lexicon)
    end = ending(spec, vocabulary, lexicon)
    automaton = WordAutomaton(meter, wrap=wrap, end=end, loose=_small_starts(lexicon))
    several = wrap and len(spec.lines) > 1
    return WordMasks(automaton, vocabulary, _line_breaks(vocabulary, lexicon) if several else None)


def _line_breaks(vocabulary: Vocabulary, lexicon: Lexicon) -> LineBreaks | None:
    """How the form's breaks are weighed; None if newlines of the corpus say nothing of lines."""
    lines, words = int(lexicon.lines[0].sum()), int(lexicon.totals[0])
    if "\n" not in vocabulary.characters or _is_prose(lexicon) or not 0 < lines <= words:
        return None
    blanks = np.array([text[:1] in (" ", "\n") and bool(text) for text in vocabulary.texts], bool)
    return LineBreaks(blanks, vocabulary.texts.index("\n"), float(np.log(lines / words)))


def _writable(
    spec: FormSpec, vocabulary: Vocabulary, lexicon: Lexicon, words: str
) -> NDArray[np.int64]:
    """Indices of the words that may be written: of a sure count, with letters that are tokens."""
    # A bare letter the dictionary does not hold is an initial or a slip.
    usable = np.array([len(word) > 1 for word in lexicon.words], bool) | lexicon.known
    if spec.unit == "syllables":
        _check_english(lexicon)
        usable &= lexicon.syllables > 0
    if words == "dictionary":
        usable &= lexicon.known
    letters = {fold(char) for char in vocabulary.characters if is_letter(char)}
    if missing := set().union(*lexicon.words) - letters:
        usable &= np.array([missing.isdisjoint(word) for word in lexicon.words], bool)
    if not usable.any():
        have = "no letters" if not letters else "none of the words it would take"
        raise FormError(f"form {spec.name!r}: the model's vocabulary has {have}.")
    return np.flatnonzero(usable)


def _check_english(lexicon: Lexicon) -> None:
    if lexicon.english < ENGLISH:
        raise FormError(
            f"syllables are counted in English, and {lexicon.english:.0%} of this model's words are"
            " in the dictionary; a form of unit words or chars suits any language."
        )


def breaks_lines(spec: FormSpec, vocabulary: Vocabulary, lexicon: Lexicon) -> bool:
    """Whether the form breaks lines (wrap), or the model does. Raises FormError if neither can.

    A model without spaces has no place where a line would be broken: such lines are cut by length.
    """
    able, spaced = "\n" in vocabulary.characters, " " in vocabulary.characters
    several = len(spec.lines) > 1
    if not spaced and spec.uses_words:
        raise FormError(
            f"form {spec.name!r}: the model has no token for a space, and so no words; use unit"
            ' = "chars".'
        )
    if not able and several and spec.break_ == "newline":
        raise FormError(f'form {spec.name!r}: the model has no newline; use break = "wrap".')
    if spec.break_ != "auto":
        return spec.break_ == "wrap"
    if not (able and spaced):
        return not able
    table = lexicon.lines[_ROW[spec.unit]]
    return (
        _is_prose(lexicon) or min(_share(table, low, high) for low, high in spec.lines) < _OWN_LINES
    )


def ending(spec: FormSpec, vocabulary: Vocabulary, lexicon: Lexicon) -> str:
    """any, sentence or text; what auto means here. Raises FormError if there is no stop to use."""
    able = bool(STOPS & vocabulary.characters)
    if spec.end == "sentence" and not able:
        raise FormError(f'form {spec.name!r}: the model has none of . ! ?; use end = "any".')
    if spec.end != "auto":
        return spec.end
    table = lexicon.documents[_ROW[spec.unit]]
    low, high = (sum(line[i] for line in spec.lines) for i in (0, 1))
    if table.sum() >= ENOUGH_DOCUMENTS and _share(table, low, high) >= _OWN_ENDS:
        return "text"
    often = int(lexicon.totals[2]) >= _SENTENCES * int(lexicon.totals[0])
    return "sentence" if often and able else "any"


def _small_starts(lexicon: Lexicon) -> bool:
    """Whether most lines of the corpus begin with a small letter."""
    return int(lexicon.totals[3]) * 2 > int(lexicon.lines[0].sum())


def _is_prose(lexicon: Lexicon) -> bool:
    """Whether lines of the corpus are broken at a margin."""
    return _small_starts(lexicon) and _mean(lexicon.lines[1]) > _PROSE


def _mean(table: NDArray[np.int64]) -> float:
    return float(np.arange(len(table)) @ table / max(1, table.sum()))


def _share(table: NDArray[np.int64], low: int, high: int) -> float:
    """Share of the table between low and high, both included; its last bin is open."""
    return float(table[low : high + 1].sum() / max(1, table.sum()))
