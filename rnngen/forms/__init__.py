"""Text that must fit a form: haiku, tweets, limericks, or a form of one's own.

    spec      what a form asks, from TOML; the built-in ones are files of the package
    lexicon   the words of a model's corpus, kept in its checkpoint
    write     Writer: model, tokenizer, lexicon and form in, checked texts out
    check     judges any text, with other code

Beneath them: `syllables` (dictionary and perceptron), `words` and `meter` (which words fit where),
`automaton` and `free` (which characters may follow), `masks` (which tokens), `search` (particles),
`pages` (many texts, no two the same) and `crew` (by several processes).
A form guarantees what it says of every text, whatever the model; it is drawn as the model would
draw it, given that it fits.
"""

from pathlib import Path

DATA = Path(__file__).parent / "data"
