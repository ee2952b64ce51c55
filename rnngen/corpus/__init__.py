"""The text to learn from: files, folders, globs and stdin, read as documents or as one stream.

    corpus.py     all of it: the text of the files, in pieces
    reading.py    how files are read: the settings a user may give
    files.py      paths -> blocks of bytes, unpacked
    folders.py    folders and patterns -> paths, each file once
    text.py       bytes -> text: decoded, "\\n" line ends, NFC
    signs.py      what a file is that is no text; which encoding it may be in
    tables.py     which files are tables, and how each is laid out (layout.py)
    quotes.py     whether quotation marks in a table are quoting or text
    rows.py       tables -> rows
    columns.py    rows -> the texts of one column
    markup.py     files with markup, and what is read of them: markdown.py, subtitles.py, web.py,
                  epub.py
    chat.py       exported chats -> messages
    tally.py      what was left out or replaced on the way
    documents.py  text -> pieces of documents
    detect.py     what the documents are, when the user did not say
    shards.py     a part of all that, for one machine of many
    digests.py    digests of files, remembered
    remote.py     files on other machines

Everything streams: memory stays at a few megabytes whatever the size of the corpus, also where a
file is one line. Plain ASCII is read at several hundred megabytes a second.
"""

from rnngen.corpus.corpus import Corpus, open_corpus, reopen
from rnngen.corpus.documents import Piece
from rnngen.corpus.files import STDIN, find
from rnngen.corpus.remote import is_remote
from rnngen.corpus.shards import CorpusExcerpt, CorpusShard

__all__ = [
    "STDIN",
    "Corpus",
    "CorpusExcerpt",
    "CorpusShard",
    "Piece",
    "find",
    "is_remote",
    "open_corpus",
    "reopen",
]
