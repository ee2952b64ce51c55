"""Files on other machines, `s3://bucket/file.txt` or `https://...`, through fsspec.

Nothing is kept of them here: each pass over the text reads them again. fsspec knows many protocols
more, and chains of them, which unpack, cache or run templates: none of those is passed on to it.
"""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING, Any, BinaryIO

from rnngen.errors import CorpusError, install_hint

if TYPE_CHECKING:
    from collections.abc import Callable

WEB = ("http", "https")
PROTOCOLS = (*WEB, "s3", "gs")


def is_remote(path: str) -> bool:
    return "://" in path


def find(url: str, is_text: Callable[[str], bool], texts: str) -> list[str]:
    """The files that a URL means: itself, those a glob matches, or the texts of a folder, sorted.

    is_text: whether a file of a folder is wanted, by its name.  texts: what such files are called.
    Raises CorpusError if there is no file.
    """
    system, path = _system(url)
    try:
        if _is_web(url) or system.isfile(path):
            return [url]
        if system.isdir(path):
            names = [name for name in system.find(path) if is_text(name) and not _is_hidden(name)]
            found = f"no {texts} file in this folder"
        else:
            names = [name for name in system.glob(path) if not system.isdir(name)]
            is_pattern = glob.has_magic(path)
            found = "no file matches this pattern" if is_pattern else "no such file or folder"
    except Exception as error:
        raise explain(url, error) from error
    if not names:
        raise CorpusError(f"{url}: {found}.")
    return [str(system.unstrip_protocol(name)) for name in sorted(names)]


def size(url: str) -> int:
    """Bytes of a file, 0 if that is not known. Raises CorpusError if it is not there."""
    system, path = _system(url)
    try:
        return int(system.info(path)["size"] or 0)
    except Exception as error:
        raise explain(url, error) from error


def open_remote(url: str) -> BinaryIO:
    """The file, to read from its beginning. Raises CorpusError."""
    system, path = _system(url)
    try:
        stream: BinaryIO = system.open(path, "rb")
    except Exception as error:
        raise explain(url, error) from error
    return stream


def identity(url: str) -> str:
    """What changes when the file does, as its server tells; "" if that cannot be relied on."""
    if _is_web(url):
        return ""
    system, path = _system(url)
    try:
        return f"{url} {system.ukey(path)}"
    except Exception:  # it is only not remembered
        return ""


def can_seek(url: str) -> bool:
    """Whether a part can be read without what comes before: a web server may not allow it."""
    return not _is_web(url)


def explain(url: str, error: BaseException) -> CorpusError:
    """The error in one line. What servers raise has no common base."""
    if isinstance(error, CorpusError):
        return error
    if isinstance(error, FileNotFoundError):
        cause = error.__cause__  # fsspec says so too of a web server that cannot be reached
        if not isinstance(cause, OSError) or isinstance(cause, FileNotFoundError):
            return CorpusError(f"{url}: no such file or folder.")
        error = cause
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, ImportError) and _is_web(url):  # fsspec is here, what it needs is not
        return CorpusError(f"{url}: {reason.rstrip('.')}: {install_hint('remote')}.")
    return CorpusError(f"{url}: cannot be read: {reason.rstrip('.')}.")


def _protocol(url: str) -> str:
    return url.partition("://")[0].lower()


def _is_web(url: str) -> bool:
    return _protocol(url) in WEB


def _is_hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")


def _system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    if "::" in url or _protocol(url) not in PROTOCOLS:
        *others, last = (f"{protocol}://" for protocol in PROTOCOLS)
        raise CorpusError(
            f"{url}: not an address that is read; those begin with {', '.join(others)} or {last}."
        )
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise CorpusError(
            f"{url}: files on other machines need fsspec: {install_hint('remote')}."
        ) from error
    try:
        system, path = url_to_fs(url)
    except Exception as error:  # an unknown protocol; a package that it needs
        raise explain(url, error) from error
    return system, str(path)
