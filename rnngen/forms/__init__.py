"""Texts that must have a form: haiku, tweets, limericks, or a form of your own.

    >>> import rnngen
    >>> from rnngen import forms
    >>> forms.load("haiku").lines
    ((5, 5), (7, 7), (5, 5))
    >>> forms.check("the old pond again", "haiku").verdict
    'no'
    >>> writer = forms.FormWriter(rnngen.load("haiku"), "haiku", particles=4)
    >>> [text.verdict for text in writer.write("old pond", n=2, seed=1)]
    ['exact', 'exact']

This is the face. Behind it, from the bottom up:

    spec        what a form asks for; the built-in ones are TOML files of the package
    language    syllables, rhymes, and the words of a model's corpus, kept in its checkpoint
    automata    which characters, and so which tokens, may follow
    compile     form, vocabulary and words become such an automaton
    prompts     how a text begins: the end of a prompt is left open
    search      texts by sequential Monte Carlo (streams: the model behind the particles; proposal:
                what each may draw)
    checker     judges any text, with other code
    checked     searches whose every text is checked
    distinct    many texts, no two the same (parallel: by several processes)
    write       FormWriter: a model and a form in, texts out

Every text has the form, whatever the model. It is drawn as the model would draw it, given that it
has the form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.forms.checker import Verdict
    from rnngen.forms.spec import FormSpec
    from rnngen.forms.write import FormWriter

__all__ = ["FormWriter", "check", "load"]


def load(form: str | Path) -> FormSpec:
    """A form: the built-in one of that name, or the one of a TOML file.

    >>> load("haiku").lines
    ((5, 5), (7, 7), (5, 5))
    >>> load("acrostic").with_acrostic("moon").acrostic
    'moon'

    form: a name as `rnngen forms` lists it, or a path. A string is a path if it ends with .toml or
    holds a separator.
    Raises ConfigError that lists the known names, or names the file, the key and the cause, and
    FileError for a file that cannot be read.
    """
    from rnngen.forms import spec

    return spec.find(form)


def check(text: str, form: str | Path | FormSpec) -> Verdict:
    """Whether `text` has the form, with the counts of each line and the reasons.

    >>> check("an hour of fire\\nsomebody has left a glove\\ndrying on the fence", "haiku").verdict
    'possible'

    The verdict is "exact", "possible" (in one of the ways it can be read) or "no".
    form: a name, a path, or what `load` returns. Raises ConfigError as `load` does.
    """
    from rnngen.forms import checker, spec

    return checker.check(text, form if isinstance(form, spec.FormSpec) else spec.find(form))


def __getattr__(name: str) -> Any:
    """Import what writes when it is asked for: listing forms and judging texts need none of it."""
    if name == "FormWriter":
        from rnngen.forms.write import FormWriter

        return FormWriter
    raise AttributeError(f"module 'rnngen.forms' has no attribute {name!r}")
