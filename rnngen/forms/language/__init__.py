"""What forms know of words: letters, syllables, rhymes, a corpus' lexicon, and a tweet's weight."""

from pathlib import Path

DATA = Path(__file__).parent / "data"
