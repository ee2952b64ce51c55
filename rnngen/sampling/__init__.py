"""New text from a model.

sampler.py        texts one by one or many side by side
prompts.py        how a text begins (spelling.py: all ways to spell the end of a prompt)
draft.py          one text while it is being written
logits.py         the rules that make logits into one token: temperature, top-k and the like
constraints.py    strings banned and favoured
novelty_guard.py  tokens that would complete a copy of the training text
stops.py          where a text ends (graphemes.py: where it may be cut)
beam.py           the likeliest text
"""
