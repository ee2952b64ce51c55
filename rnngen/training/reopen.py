"""The text of a run that goes on: found again by its digest, wherever it lies now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.corpus import reopen
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rnngen.corpus import Corpus


def describe(corpus: Corpus, folder: Path) -> dict[str, Any]:
    """JSON that `find_corpus` finds the text by.  folder: the run's."""
    return {
        "description": corpus.description(),
        "digest": corpus.digest(),
        "folder": str(folder.absolute()),
    }


def find_corpus(
    remembered: Mapping[str, Any],
    folder: Path,
    *,
    named: Sequence[str] = (),
    digests: Path | None = None,
) -> Corpus:
    """The text that `describe` described.

    It is looked for in the files of its time, and then where they would be if the run's folder had
    been moved together with them.
    folder: where the run's folder is now.  named: files to take in their place.
    digests: as for `rnngen.corpus.open_corpus`.
    Raises CorpusError if no such text is there.
    """
    description = dict(remembered["description"])
    if named:
        description["files"] = [os.path.abspath(name) for name in named]  # noqa: PTH100
    else:
        description["files"] = _moved(description["files"], remembered.get("folder"), folder)
    try:
        corpus = reopen(description, digests=digests)
    except CorpusError as error:
        if named:
            raise
        raise CorpusError(f"{error} If the text has moved, name it beside `resume`.") from error
    if corpus.digest() == remembered["digest"]:
        return corpus
    names = ", ".join(corpus.names)
    if named:
        raise CorpusError(
            f"{names}: not the text that the run began with, so it cannot go on with it. To teach"
            " its model another text, begin a run with `init_from`."
        )
    raise CorpusError(
        f"{names}: changed since the run began, so it cannot be resumed. Put the old text back,"
        " name a copy of it, or start again with `overwrite`."
    )


def _moved(files: Sequence[Any], before: str | None, folder: Path) -> list[str]:
    """Where files are that were not moved, or that were moved as the run's folder was."""
    found = []
    for file in map(str, files):
        path = Path(file)
        if before is not None and path.is_absolute() and not path.exists():
            beside = Path(os.path.normpath(folder.absolute() / os.path.relpath(path, before)))
            file = str(beside) if beside.exists() else file
        found.append(file)
    return found
