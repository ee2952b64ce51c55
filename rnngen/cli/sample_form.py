"""`rnngen sample --form`: what its options mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnngen.config import option
from rnngen.errors import ConfigError

if TYPE_CHECKING:
    from rnngen.forms.spec import FormSpec

BETWEEN = "\n\n"
"""A blank line between texts, whatever the corpus has: a text may be of several lines."""


def search(form: FormSpec | None, **options: Any) -> dict[str, Any]:
    """Those of the options that were given. Raises ConfigError if there is no form to use them."""
    given = {name: value for name, value in options.items() if value is not None}
    if form is None:
        for name in given:
            raise ConfigError(f"{option(name)} needs a form. Add --form NAME.")
    return given
