"""The text to learn from: files, folders, globs and stdin, read as documents or as one stream.

    corpus.py     all of it: the text of the files, in pieces
    files.py      paths -> blocks of bytes, unpacked
    text.py       bytes -> text: decoded, "\\n" line ends, NFC
    columns.py    tables -> the texts of one column
    documents.py  text -> pieces of documents
    detect.py     what the documents are, when the user did not say
    shards.py     a part of all that, for one machine of many
    digests.py    digests of files, remembered
    remote.py     files on other machines

Everything streams: memory stays at a few megabytes whatever the size of the corpus, also where a
file is one line. Plain ASCII is read at several hundred megabytes a second.
"""

from rnngen.corpus.corpus import DOCUMENTS, Corpus, open_corpus, reopen
from rnngen.corpus.documents import Piece
from rnngen.corpus.files import STDIN
from rnngen.corpus.shards import CorpusExcerpt, CorpusShard

__all__ = [
    "DOCUMENTS",
    "STDIN",
    "Corpus",
    "CorpusExcerpt",
    "CorpusShard",
    "Piece",
    "open_corpus",
    "reopen",
]
