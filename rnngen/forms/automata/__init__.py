"""Forms as automata over text: which characters, and so which tokens, may follow.

base.py        the protocol of an automaton, and a vocabulary as a tree of characters
words.py       forms made of words (meter.py: which words fit where; trie.py: the words)
characters.py  forms that count characters (regex.py: patterns)
masks.py       the tokens that may follow a state (line_masks.py: all of them at once)
"""
