"""Where runs live, what a user may call them, and which model is meant.

places.py   names and the folders they stand for
folder.py   the folder of a run while something is written into it
header.py   what a model or a state says of itself, read from its head without NumPy
find.py     names -> models and logs
choice.py   the model that is taken when none is named
manage.py   models renamed, removed, and the tokens that are kept beside them
"""

from __future__ import annotations

from rnngen.files import remove_leftovers
from rnngen.runs.choice import (
    Chosen,
    choose_model,
    default_model,
    set_default,
    unset_default,
)
from rnngen.runs.find import (
    find_log,
    find_model,
    latest_log,
    log_files,
    model_files,
    models,
    resumable,
    run_files,
)
from rnngen.runs.folder import (
    check_free,
    complete,
    is_replacing,
    make_ready,
    owned,
)
from rnngen.runs.header import is_finished, peek
from rnngen.runs.places import (
    DEFAULT,
    LOCK_FILE,
    LOG_FILE,
    MODEL_FILE,
    NEW_LOG_FILE,
    PREVIOUS_FILE,
    SHIPPED,
    TRAINING_FILE,
    folder_at,
    folder_of,
    home,
    is_shipped,
    name_for,
    new_folder,
    option_for,
)

__all__ = [
    "DEFAULT",
    "LOCK_FILE",
    "LOG_FILE",
    "MODEL_FILE",
    "NEW_LOG_FILE",
    "PREVIOUS_FILE",
    "SHIPPED",
    "TRAINING_FILE",
    "Chosen",
    "check_free",
    "choose_model",
    "complete",
    "default_model",
    "find_log",
    "find_model",
    "folder_at",
    "folder_of",
    "home",
    "is_finished",
    "is_replacing",
    "is_shipped",
    "latest_log",
    "log_files",
    "make_ready",
    "model_files",
    "models",
    "name_for",
    "new_folder",
    "option_for",
    "owned",
    "peek",
    "remove_leftovers",
    "resumable",
    "run_files",
    "set_default",
    "unset_default",
]
