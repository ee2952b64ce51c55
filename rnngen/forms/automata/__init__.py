"""Forms as automata over text: which characters, and so which tokens, may follow.

base.py        what an automaton is, over characters and over tokens; a vocabulary as a tree
words.py       forms made of words (meter.py: which words fit where; trie.py: the words)
characters.py  forms that count characters (regex.py: patterns)
masks.py       the tokens that may follow a state (word_masks.py: words weighed at once;
               line_masks.py: all tokens at once)
leading.py     a form whose first characters are given
"""
