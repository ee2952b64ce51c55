"""Text that must fit a form: haiku, tweets, limericks, or a form of one's own.

    spec      what a form asks, from TOML; the built-in ones are files of the package
    lexicon   the words of a model's corpus, kept in its checkpoint
    write     FormWriter: model, tokenizer, lexicon and form in, checked texts out
    check     judges any text, with other code

Beneath them: `language` (syllables, rhymes, the lexicon), `automata` (which words fit where, which
characters and which tokens may follow), `search` (particles), `distinct` (many texts, no two the
same) and `parallel` (by several processes).
A form guarantees what it says of every text, whatever the model; it is drawn as the model would
draw it, given that it fits.
"""
