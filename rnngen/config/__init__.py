"""Every setting, said once: what it means, what it may be, what it is by default.

The command line takes its help from here, a checkpoint stores these as JSON, `--config run.toml`
reads them from TOML. Building one checks it, and the message names the setting (see errors.py).

text.py      which text is read, and how it is cut into tokens
model.py     the shape of a model
training.py  how it is trained
sampling.py  how text is drawn from it
"""

from rnngen.config.base import Config, option, read_toml, setting
from rnngen.config.model import CELLS, MOST_NGRAMS, ModelConfig
from rnngen.config.sampling import MOST_CANDIDATES, UNTIL, SampleConfig
from rnngen.config.text import DOCUMENTS, SUBWORDS, TOKENIZERS, ReadingConfig, TextConfig
from rnngen.config.training import BUDGET, DEVICES, PRECISIONS, TrainConfig

__all__ = [
    "BUDGET",
    "CELLS",
    "DEVICES",
    "DOCUMENTS",
    "MOST_CANDIDATES",
    "MOST_NGRAMS",
    "PRECISIONS",
    "SUBWORDS",
    "TOKENIZERS",
    "UNTIL",
    "Config",
    "ModelConfig",
    "ReadingConfig",
    "SampleConfig",
    "TextConfig",
    "TrainConfig",
    "option",
    "read_toml",
    "setting",
]
