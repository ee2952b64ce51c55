"""What recurrent models do with a text, measured: one model at work, or several side by side.

explain.py      a model on one text: all of the below, as it is shown
trace.py        a forward pass that keeps every gate and state
gradient.py     the way back: how much each token moved the probability of each later one
units.py        how long units remember, and which of them follow a feature of the text
page.py         an explanation as one HTML page

compare.py      several settings trained on one text under one budget, and measured
candidates.py   the settings to compare, and the runs they are trained in
reading.py      what a model keeps of held-out text: loss by context, accuracy within words
probe.py        how far back a model holds a symbol, on made text
measure.py      what a run is measured by once it is trained
named.py        a comparison by its name: begun or gone on with
welch.py        whether a difference exceeds the spread over seeds
judgement.py    the result in a sentence
report.py       the result as a table and as Markdown

pictures.py     either one, drawn by matplotlib
"""
