"""Where written texts go: to stdout one after the other, into a file, or each into its own."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen import console, files
from rnngen.console.progress import progress
from rnngen.counts import count
from rnngen.errors import ConfigError, FileError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from rnngen.api import LanguageModel
    from rnngen.forms.distinct import FormText
    from rnngen.sampling.draft import SampledText

    AnyText = SampledText | FormText

SEPARATORS = {"line": "\n", "section": "\n\n\n"}


@dataclass(frozen=True)
class TextLayout:
    """How texts are printed."""

    model: LanguageModel
    show_prompt: bool = True
    as_json: bool = False
    between: str = "\n\n"
    """What stands between texts."""
    null: bool = False
    """Each text ends with a NUL byte, and nothing stands between them."""
    raw: bool = False

    def content(self, text: AnyText) -> str:
        """A text by itself, or what there is to say of it, as JSON."""
        if self.as_json:
            return console.to_json(self.model.describe(text))
        return (text.prompt if self.show_prompt else "") + text.text

    def parts(self, texts: Iterator[AnyText]) -> Iterator[str]:
        """What is printed, in a part for each text, as soon as that is there."""
        if self.as_json or self.null:
            end = "\n" if self.as_json else "\0"
            yield from (self.content(text) + end for text in texts)
            return
        # A line end that will come in any case comes now, so that each part is whole lines.
        end = "\n" if self.between.startswith("\n") else ""
        for number, text in enumerate(texts):
            yield (self.between.removeprefix(end) if number else "") + self.content(text) + end
        if not end:
            yield "\n"

    def put(self, part: str) -> None:
        console.put(part, raw=self.raw)


class Ended:
    """How texts ended: which of them were cut because they were long."""

    def __init__(self) -> None:
        self._count = self._cut = 0

    def watch(self, texts: Iterator[AnyText]) -> Iterator[AnyText]:
        """The same texts, counted as they pass."""
        for text in texts:
            self.add(text)
            yield text

    def add(self, text: AnyText) -> None:
        self._count += 1
        self._cut += getattr(text, "stop_reason", "") == "length"  # a form ends its texts itself

    def tell(self, length: int, *, sign: str = "--") -> None:
        """Say how many were cut, if any were.  sign: stands before the name of a setting."""
        if not self._cut:
            return
        what, they = "the text was", "it"
        if self._count > 1:
            what, they = f"{self._cut:,} of {self._count:,} texts were", "they"
        console.remark(
            f"{what} cut at {sign}length {length} before {they} ended. Raise {sign}length, or end "
            f"a text sooner with {sign}until sentence."
        )


def between_documents(model: LanguageModel) -> str:
    """What stands between documents in the text the model learned from."""
    return SEPARATORS.get(model.facts.get("corpus", {}).get("documents", ""), "\n\n")


def stream(
    pieces: Generator[str, None, SampledText], layout: TextLayout, prompt: str
) -> SampledText:
    """Print a text while it is written."""
    if layout.show_prompt:
        layout.put(prompt)
    while True:
        try:
            layout.put(next(pieces))
        except StopIteration as stop:
            layout.put("\0" if layout.null else "\n")
            text: SampledText = stop.value
            return text


@contextmanager
def shown(
    texts: Iterator[AnyText], total: int, *, is_slow: bool, quiet: bool
) -> Iterator[Iterator[AnyText]]:
    """The same texts, and how many are written is seen on a terminal.

    is_slow: also the first text takes a while.
    """
    with progress("writing", "texts", total, quiet=quiet) as writing:
        if is_slow:
            writing.is_measured = total > 1
            writing.show()

        def counted() -> Iterator[AnyText]:
            for number, text in enumerate(texts, 1):
                yield text
                writing.update(number)

        yield counted()


@dataclass(frozen=True)
class Destination:
    """Where texts are written; stdout if neither is given."""

    out: Path | None = None
    out_dir: Path | None = None
    overwrite: bool = False

    @property
    def is_stdout(self) -> bool:
        return self.out is None and self.out_dir is None

    def check(self) -> None:
        """Before there is anything to write: raises ConfigError or FileError if it cannot be."""
        if self.out is not None and self.out_dir is not None:
            raise ConfigError("--out and --out-dir exclude each other. Leave one of them out.")
        if self.overwrite and self.is_stdout:
            raise ConfigError("--overwrite has no effect without --out or --out-dir.")
        if self.out is not None:
            self._check_file(self.out)
        if self.out_dir is not None and self.out_dir.exists() and not self.out_dir.is_dir():
            raise FileError(f"{self.out_dir} is a file. Name a folder, or use --out for one file.")

    def write(self, texts: Iterator[AnyText], layout: TextLayout, total: int) -> None:
        """Write `total` texts: to stdout and into a folder each as soon as it is finished."""
        if self.out_dir is not None:
            self._write_folder(self.out_dir, texts, layout, total)
        elif self.out is not None:
            files.replace_file(self.out, "".join(layout.parts(texts)).encode())
        else:
            for part in layout.parts(texts):
                layout.put(part)

    def tell(self, number: int) -> None:
        """Say what was written, if it was not stdout."""
        texts = count(number, "text")
        if self.out is not None:
            console.note(f"{self.out}: {texts}, {count(self.out.stat().st_size, 'byte')}")
        elif self.out_dir is not None:
            console.note(f"{self.out_dir}: {texts}, a file each")

    def _write_folder(
        self, folder: Path, texts: Iterator[AnyText], layout: TextLayout, total: int
    ) -> None:
        """`0001.txt` and so on. Nothing is written if one of them must not be replaced."""
        width, ending = max(4, len(str(total))), "json" if layout.as_json else "txt"
        paths = [folder / f"{number:0{width}}.{ending}" for number in range(1, total + 1)]
        for path in paths:
            self._check_free(path)
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, texts, strict=True):
            path.write_text(layout.content(text) + "\n", encoding="utf-8", newline="\n")

    def _check_file(self, path: Path) -> None:
        if path.is_dir():
            raise FileError(f"{path} is a folder. Name a file, or use --out-dir.")
        if not path.parent.is_dir():
            raise FileError(f"{path}: there is no folder {path.parent}. Make it first.")
        self._check_free(path)

    def _check_free(self, path: Path) -> None:
        if not self.overwrite and path.exists():
            raise FileError(f"{path} exists. Pass --overwrite to replace it, or write elsewhere.")
