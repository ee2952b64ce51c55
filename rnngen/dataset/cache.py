"""A text as token ids, made once and found again.

Text is tokenized once. Its tokenizer and its token store are kept under the home of runs and
found again by the digests of what they were made from:

    checkpoints/.tokens/tokenizer-DIGEST.safetensors    of the text and the tokenizer's settings
    checkpoints/.tokens/store-DIGEST/                   of the text and the tokenizer
    checkpoints/.tokens/store-DIGEST.shards/2-of-8/     part of one, as a machine of many made it
    checkpoints/.tokens/sums.json                       digests of large files
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from itertools import islice
from typing import TYPE_CHECKING, Any

from rnngen import tensor_file, tokenizers
from rnngen.config import ReadingConfig, TextConfig
from rnngen.corpus import STDIN, Corpus, CorpusExcerpt, CorpusShard, open_corpus
from rnngen.dataset import kept
from rnngen.dataset.facts import STORE_VERSION
from rnngen.dataset.folder import AGAIN
from rnngen.dataset.store import TokenStore, build_store, open_shards, open_store
from rnngen.errors import CheckpointError, ConfigError, CorpusError, FileError, RnngenError
from rnngen.files import remove_leftovers
from rnngen.tokenizers.base import digest
from rnngen.tokenizers.labelled import MOST_LABELS, with_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rnngen.tokenizers.base import Tokenizer

    OnProgress = Callable[[int], None]

READING = tuple(ReadingConfig.__dataclass_fields__)
CHECKED_AT_ONCE = 1 << 29
"""Most tokens that are looked at when a store is found again, in a second or less; those of a
larger one are when they are read."""
MOST_LISTED = 8
"""Missing shards that are named."""


def open_text(text: TextConfig, home: Path) -> Corpus:
    """The text to train on.  home: where digests of large files are kept."""
    return _open(text, text.paths, home)


def open_valid(text: TextConfig, home: Path) -> Corpus | None:
    """The text that is held out in place of a share, if there is one."""
    return None if text.valid is None else _open(text, [text.valid], home)


def _open(text: TextConfig, paths: Sequence[str], home: Path) -> Corpus:
    return open_corpus(
        paths,
        documents=text.documents,
        digests=digests_file(home),
        **{name: getattr(text, name) for name in READING},
    )


def tokenize(
    text: TextConfig,
    home: Path,
    *,
    shard: tuple[int, int] | None = None,
    opened: Callable[[Corpus], None] = lambda corpus: None,
    training: Callable[[], None] = lambda: None,
    progress: OnProgress | None = None,
    note: Callable[[str], None] | None = None,
) -> tuple[Corpus, Tokenizer, TokenStore]:
    """The text as token ids, made now or found where an earlier call left them under `home`.

    shard: (i, n): only part i of n, from 1 on, which is made now; `find_store` joins all of them.
    opened: called with the text before it is read.  training: called before a tokenizer is made.
    progress: called with the number of characters encoded so far.  note: called with a line where
    something turned out otherwise than asked.
    Raises CorpusError or TokenizerError.
    """
    corpus = open_text(text, home)
    opened(corpus)
    if shard is not None and STDIN in text.paths:
        raise ConfigError("`shard` needs files that every machine can read, not stdin (-).")
    tokenizer = find_tokenizer(corpus, text, home, note, training)
    if shard is not None:
        return corpus, tokenizer, _build_shard(corpus, tokenizer, home, shard, progress)
    path = _store_path(corpus, tokenizer, home)
    if _complete_shards(_shard_folders(path)) or path.is_dir():
        return corpus, tokenizer, find_store(corpus, tokenizer, home, progress, note)
    return corpus, tokenizer, _build(corpus, tokenizer, path, progress)


def find_tokenizer(
    corpus: Corpus,
    text: TextConfig,
    home: Path,
    note: Callable[[str], None] | None,
    training: Callable[[], None] = lambda: None,
) -> Tokenizer:
    settings = [text.tokenizer, text.vocab_size, text.subwords, text.min_count]
    path = kept.folder(home) / f"tokenizer-{_key(corpus.digest(), settings)}.safetensors"
    if path.is_file():
        try:
            tensors, facts = tensor_file.load_tensors(path, "tokenizer")
            return tokenizers.load(facts, tensors)
        except (RnngenError, KeyError, TypeError, ValueError, AttributeError) as error:
            _tell(note, error if isinstance(error, CheckpointError) else f"{path}: {error}")
    training()
    tokenizer = tokenizers.train(
        text.tokenizer,
        CorpusExcerpt(corpus),
        vocab_size=text.vocab_size,
        model_type=text.subwords,
        min_count=text.min_count,
        note=note,
    )
    tokenizer = with_labels(tokenizer, labels_of(corpus))
    _make_folder(path.parent)
    tensor_file.save_tensors(path, "tokenizer", tokenizer.tensors(), tokenizer.settings())
    return tokenizer


def _tell(note: Callable[[str], None] | None, error: object) -> None:
    """Say that something kept is damaged; it is made again from the text, as the same text is."""
    if note is not None:
        note(f"{str(error).removesuffix(AGAIN).rstrip(' .')}. It is made again.")


def labels_of(*corpora: Corpus | None) -> list[str]:
    """The labels of the documents of all of them, sorted; one too many if they are too many."""
    found = (label for corpus in corpora if corpus for label in corpus.labels())
    return sorted(set(islice(found, MOST_LABELS + 1)))


def find_store(
    corpus: Corpus,
    tokenizer: Tokenizer,
    home: Path,
    progress: OnProgress | None,
    note: Callable[[str], None] | None = None,
) -> TokenStore:
    """The store that is there, or its shards, or one made now.

    note: called with a line if the one that is there is damaged, and is made again.
    Raises CorpusError if some of its shards are there and others are not.
    """
    path = _store_path(corpus, tokenizer, home)
    remove_leftovers(path.parent, is_own=False)
    if path.is_dir():
        try:
            store = open_store(path)
            if store.num_tokens <= CHECKED_AT_ONCE:
                store.check()
            return store
        except CorpusError as error:
            _tell(note, error)
            shutil.rmtree(path, ignore_errors=True)
            return _build(corpus, tokenizer, path, progress)
    shards = _shard_folders(path)
    if complete := _complete_shards(shards):
        return open_shards(_shards_folder(path), complete)
    if shards:
        raise CorpusError(_missing(path, shards))
    return _build(corpus, tokenizer, path, progress)


def _build(
    corpus: Corpus, tokenizer: Tokenizer, path: Path, progress: OnProgress | None
) -> TokenStore:
    _make_folder(path.parent)
    return build_store(corpus, tokenizer, path, progress=progress)


def _build_shard(
    corpus: Corpus,
    tokenizer: Tokenizer,
    home: Path,
    shard: tuple[int, int],
    progress: OnProgress | None,
) -> TokenStore:
    folder = _shards_folder(_store_path(corpus, tokenizer, home))
    _make_folder(folder)
    path = folder / "{}-of-{}".format(*shard)
    return build_store(
        CorpusShard(corpus, *shard), tokenizer, path, progress=progress, may_be_empty=True
    )


def _store_path(corpus: Corpus, tokenizer: Tokenizer, home: Path) -> Path:
    digests = [corpus.digest(), digest(tokenizer)]
    return kept.folder(home) / f"store-{_key(*digests, STORE_VERSION)}"


def _shards_folder(path: Path) -> Path:
    """The folder of the shards that stand for the store at `path`."""
    return path.with_name(path.name + ".shards")


def _shard_folders(path: Path) -> dict[int, dict[int, Path]]:
    """The shards there are: number of machines -> number of the machine -> folder."""
    found: dict[int, dict[int, Path]] = {}
    if _shards_folder(path).is_dir():
        for folder in _shards_folder(path).iterdir():
            if name := re.fullmatch(r"(\d+)-of-(\d+)", folder.name):
                found.setdefault(int(name[2]), {})[int(name[1])] = folder
    return found


def _complete_shards(shards: Mapping[int, Mapping[int, Path]]) -> list[Path]:
    """The shards of one number of machines, in order, if all are there."""
    for count, folders in sorted(shards.items()):
        if set(folders) == set(range(1, count + 1)):
            return [folders[index] for index in sorted(folders)]
    return []


def _missing(path: Path, shards: Mapping[int, Mapping[int, Path]]) -> str:
    lacking = {n: sorted(set(range(1, n + 1)) - set(folders)) for n, folders in shards.items()}
    count, missing = min(lacking.items(), key=lambda item: (len(item[1]), item[0]))
    listed = ", ".join(f"{index}/{count}" for index in missing[:MOST_LISTED])
    more = f" and {len(missing) - MOST_LISTED} more" if len(missing) > MOST_LISTED else ""
    return (
        f"{_shards_folder(path)}: shards {listed}{more} of the text are missing. "
        f"Make them, as: rnngen tokenize FILES `shard` {missing[0]}/{count}; "
        "or leave `shard` out, and all is cut into tokens here."
    )


def digests_file(home: Path) -> Path:
    return kept.folder(home) / "sums.json"


def _key(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _make_folder(path: Path) -> None:
    """Make a folder of tokens; what killed programs left half-written there goes."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path, is_own=False)
    except OSError as error:
        raise FileError(
            f"{path}: cannot be made: {error.strerror}. Set RNNGEN_HOME to a folder you may write."
        ) from error
