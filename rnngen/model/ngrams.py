"""N-grams of tokens, each hashed to a row of one table of embeddings.

An embedding says nothing about the tokens before; that is left to the recurrence, which must learn
and spend units on it. A table of the last two, three, N tokens gives it for a look-up (Mikolov et
al. 2011 beside an RNN's output; Bojanowski et al. 2017 for parts of words). N-grams are too many
for a row each, so a row is shared by those of equal hash.

The hash is a polynomial's value modulo a prime, so small that int64 holds every product, and is
the same for NumPy arrays and torch tensors. It does not depend on the size of the vocabulary: what
a model knows of its n-grams stays true when new tokens are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Array = Any
    """int64, of NumPy or of torch."""

PRIME = 2**31 - 1
FACTOR = 1_103_515_245


def rows(tokens: Array, longest: int, buckets: int) -> list[Array]:
    """The row of each n-gram that ends at each token: of 2 tokens, of 3, up to `longest`.

    tokens: (longest - 1 + T, ...) in the order of the text, each id + 1, 0 where there is none.
    Returns longest - 1 arrays (T, ...) of numbers in [0, buckets), for the last T tokens.
    """
    first = longest - 1
    found, value = [], 1
    for back in range(longest):
        value = (value * FACTOR + tokens[first - back : len(tokens) - back]) % PRIME
        if back:
            found.append(value % buckets)
    return found
