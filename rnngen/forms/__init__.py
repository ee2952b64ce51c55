"""Text that must fit a form."""
from pathlib import Path
DATA = Path(__file__).parent / "data"
