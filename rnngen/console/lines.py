"""Lines that a person types: with arrow keys, history and completion where Python has readline."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Completions = Callable[[str], list[str]]


class LineReader:
    """Reads lines from the terminal."""

    def __init__(self, prompt: str, completions: Completions) -> None:
        """completions: the line so far -> what the word at its end may become."""
        self._prompt = prompt
        self._completions = completions
        # input() edits lines only where both ends are a terminal, and writes the prompt to stdout.
        self._is_edited = sys.stdin.isatty() and sys.stdout.isatty() and self._prepare()

    def read(self) -> str:
        """The next line, without its end. Raises EOFError where there is none."""
        if self._is_edited:
            return input(self._prompt)
        stream = sys.stdout if sys.stdout.isatty() else sys.stderr
        stream.write(self._prompt)
        stream.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line.removesuffix("\n")

    def _prepare(self) -> bool:
        try:
            import readline
        except ImportError:  # Windows
            return False
        is_libedit = "libedit" in (readline.__doc__ or "")
        readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
        readline.set_completer_delims(" ")
        found: list[str] = []

        def complete(word: str, number: int) -> str | None:
            if not number:
                line = readline.get_line_buffer()[: readline.get_endidx()]
                found[:] = [each for each in self._completions(line) if each.startswith(word)]
            return found[number] if number < len(found) else None

        readline.set_completer(complete)
        return True
