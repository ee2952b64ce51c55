"""Text that must fit a form."""
from pathlib import Path
DATA = Path(__file__).parent / "data"
# Stands for the end of a text where an automaton reads characters.
END = ""
