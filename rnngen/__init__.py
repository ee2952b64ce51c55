"""Turn a text file into a small LSTM or GRU language model and write new text with it."""

__version__ = "0.1.0"
