"""A tokenizer as the package `tokenizers` reads it: tokenizer.json.

Bytes have the names that the format's byte fallback looks for, <0x80> to <0xFF>, and a character
without a token of its own falls back to them. A byte of ASCII is called by its character. That
matters in decoding: of bytes with such names, a run that is not UTF-8 is replaced as a whole.
The end of a document is in the vocabulary but no special token: the format would find those in any
text, and rnngen's tokenizers never read "</s>" as an end.

    byte, char          BPE without merges
    subword, bpe        BPE; a merge for each way to put a piece together, the best piece first
    subword, unigram    Unigram with the same scores

Where the format differs: sentencepiece takes the leftmost of equal pieces, however they are put
together, while merges that make one piece have an order. And Unigram would read "<0x41>" as the
byte of that name, so the "<" is cut off, which is another cut than sentencepiece's if a piece goes
on after a "<". The ids then differ, the text they stand for does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.tokenizers.subword import WORD, SubwordTokenizer

if TYPE_CHECKING:
    from rnngen.tokenizers.base import Tokenizer

END, UNKNOWN = "</s>", "<unk>"
NEVER = 1000.0
"""Below all scores, for tokens that no text is to be read as."""


def tokenizer_json(tokenizer: Tokenizer) -> dict[str, Any]:
    """The content of tokenizer.json."""
    if isinstance(tokenizer, SubwordTokenizer):
        model, splits = _subword_model(tokenizer), _splits(tokenizer)
    else:
        model, splits = _bpe(_names(tokenizer), []), []
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": splits} if splits else None,
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                _without(END),
                _without(UNKNOWN),
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": model,
    }


def _without(mark: str) -> dict[str, Any]:
    """A decoder that takes away a token: a literal "</s>" in a text is never one token."""
    return {"type": "Replace", "pattern": {"String": mark}, "content": ""}


def _splits(tokenizer: SubwordTokenizer) -> list[dict[str, Any]]:
    """Where a text is cut before pieces are looked for: into words, long ones too."""
    patterns = [WORD.pattern.replace("\0", r"\x00")]
    if tokenizer.model_type == "unigram":
        patterns.insert(0, rf"<(?=0x[0-9A-F]{{2}}>|{END[1:]}|{UNKNOWN[1:]})")
    return [
        {"type": "Split", "pattern": {"Regex": p}, "behavior": "Isolated", "invert": False}
        for p in patterns
    ]


def _names(tokenizer: Tokenizer) -> list[str]:
    """What each id is called: its text, or <0xE9> for a byte, or the mark it is."""
    pieces = tokenizer.pieces
    is_piece = np.zeros(len(pieces), np.bool_)
    if isinstance(tokenizer, SubwordTokenizer):
        is_piece = tokenizer.is_piece
    learned = {pieces[i] for i in np.flatnonzero(is_piece).tolist()}
    names = []
    for i, piece in enumerate(pieces):
        # Where a byte of ASCII is a learned piece too, the character means the piece.
        if not piece:
            names.append(END if i == tokenizer.end_id else UNKNOWN)
        elif len(piece) == 1 and (piece >= b"\x80" or (piece in learned and not is_piece[i])):
            names.append(f"<0x{piece[0]:02X}>")
        else:
            names.append(piece.decode())
    return names


def _bpe(names: list[str], merges: list[list[str]]) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": True,
        "ignore_merges": False,
        "vocab": {name: i for i, name in enumerate(names)},
        "merges": merges,
    }


def _subword_model(tokenizer: SubwordTokenizer) -> dict[str, Any]:
    names = _names(tokenizer)
    if tokenizer.model_type == "bpe":
        return _bpe(names, _merges(tokenizer, names))
    lowest = float(tokenizer.scores[tokenizer.is_piece].min()) - NEVER
    scores = [
        float(score) if is_piece else lowest
        for score, is_piece in zip(tokenizer.scores, tokenizer.is_piece, strict=True)
    ]
    return {
        "type": "Unigram",
        "unk_id": names.index(UNKNOWN),
        "byte_fallback": True,
        "vocab": [list(pair) for pair in zip(names, scores, strict=True)],
    }


def _merges(tokenizer: SubwordTokenizer, names: list[str]) -> list[list[str]]:
    """Every pair of pieces that make up a piece, the pairs of the best piece first."""
    pieces = [name for name, is_piece in zip(names, tokenizer.is_piece, strict=True) if is_piece]
    known = set(pieces)
    return [
        [piece[:cut], piece[cut:]]
        for piece in pieces  # by rank: that is the order of their ids
        for cut in range(1, len(piece))
        if piece[:cut] in known and piece[cut:] in known
    ]
