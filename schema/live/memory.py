"""How much memory a stored row takes, about."""

import sys
from collections.abc import Mapping


def size_of(value: object) -> int:
    """Bytes of a value and of what it holds; what is held twice is counted twice."""
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(size_of(key) + size_of(held) for key, held in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return size + sum(map(size_of, value))
    return size
