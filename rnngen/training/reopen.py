"""The text of a run that goes on: found again by its digest, wherever it lies now.

A saved state may come from anyone, so it does not decide what is fetched from other machines: a
URL is opened only if the user names it again. Of this machine only ordinary files are opened.
"""

from __future__ import annotations

import os
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.corpus import find, is_remote, reopen
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rnngen.corpus import Corpus


def describe(corpus: Corpus, folder: Path) -> dict[str, Any]:
    """JSON that `find_corpus` finds the text by.  folder: the run's."""
    description = corpus.description()
    return {
        "description": description,
        "digest": corpus.digest(),
        "beside": [_beside(name, folder) for name in description["files"]],
    }


def find_corpus(
    remembered: Mapping[str, Any],
    folder: Path,
    *,
    named: Sequence[str] = (),
    is_named_only: bool = False,
    digests: Path | None = None,
) -> Corpus:
    """The text that `describe` described.

    It is looked for in the files that are `named`, in the files of its time, and where those would
    be if the run's folder had been moved together with them.
    folder: where the run's folder is now.  is_named_only: look in no other files if some are named.
    digests: as for `rnngen.corpus.open_corpus`.
    Raises CorpusError if no such text is there, or if it is a URL that is not named.
    """
    description, digest = remembered["description"], remembered["digest"]
    trusted = [each.path for each in find(named)] if named else []
    if trusted:
        corpus = reopen({**description, "files": trusted}, digests=digests)
        if corpus.digest() == digest:
            return corpus
        if is_named_only:
            raise CorpusError(
                f"{', '.join(named)}: not the text that the run began with. To teach its model"
                " another text, start a run with `init_from`."
            )
    files = _moved(description["files"], remembered.get("beside") or (), folder)
    _check_trusted(files, trusted, folder)
    try:
        corpus = reopen({**description, "files": files}, digests=digests)
    except CorpusError as error:
        raise CorpusError(f"{error} If the text has moved, name it beside `resume`.") from error
    if corpus.digest() != digest:
        raise CorpusError(
            f"{', '.join(corpus.names)}: changed since the run began, so it cannot be resumed. Put"
            " the old text back, or start again with `overwrite`."
        )
    return corpus


def _check_trusted(files: Sequence[str], trusted: Sequence[str], folder: Path) -> None:
    """Raises CorpusError for a URL that is not trusted, and for what is there but is no file."""
    for file in files:
        if is_remote(file) and file not in trusted:
            raise CorpusError(
                f"{folder}: the run's text is {file}, and a saved run does not decide what is "
                "fetched. If you trust it, name it again, beside `resume`."
            )
        if not is_remote(file) and Path(file).exists() and not Path(file).is_file():
            raise CorpusError(f"{file}: not an ordinary file, so it cannot be the run's text.")


def _beside(name: str, folder: Path) -> str | None:
    """The way from the run's folder to a file; None to one that is elsewhere, such as a URL."""
    return os.path.relpath(name, folder.absolute()) if Path(name).is_absolute() else None


def _moved(files: Sequence[Any], beside: Sequence[Any], folder: Path) -> list[str]:
    """Where files are that were not moved, or that were moved as the run's folder was."""
    found = []
    for file, way in zip(map(str, files), chain(beside, repeat(None)), strict=False):
        place = Path(os.path.normpath(folder.absolute() / str(way)))
        is_moved = way is not None and not Path(file).exists() and place.exists()
        found.append(str(place) if is_moved else file)
    return found
