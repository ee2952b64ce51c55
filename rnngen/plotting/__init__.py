"""The losses of runs as curves, drawn in a terminal (chart.py) or into a picture (figure.py)."""
