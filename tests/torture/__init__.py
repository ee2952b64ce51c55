"""Runs that are killed in every place, and what the machine can do to them.

faults.py    the places: around each write, flush to disk, renaming and removing of a file
forks.py     the program in processes that begin at once: PyTorch is imported before the fork
kinds.py     the kinds of runs, and what a run must be at its end
matrix.py    kill, look, go on, compare
__main__.py  `python -m tests.torture`: all of it, with a seed and a table
"""
