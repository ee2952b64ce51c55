"""What a reader is to the campaign."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

TEXT = "an old silent pond\na frog jumps into the pond\nsplash silence again\n\n"


class Reader(ABC):
    """A reader of files of one kind."""

    suffix = ""
    seeds: list[bytes]

    def __init__(self, place: Path) -> None:
        """place: a folder of its own."""
        self.place = place

    @abstractmethod
    def structured(self, rng: Random) -> bytes:
        """A file that is right in its outer form, such as its digest, and odd within."""

    @abstractmethod
    def read(self, path: Path) -> None:
        """Read the file, or raise an RnngenError."""
