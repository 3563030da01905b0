"""Failures that somebody works around: counted, and the first of each kind said in the log.

What is asked for comes about all the same, in another way or with the next pass: so nobody would
hear of what is wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger()

_seen: Counter[tuple[str, type[Exception]]] = Counter()


def total() -> int:
    """How many there were in this process."""
    return _seen.total()


@contextmanager
def worked_around(where: str, *, expected: Callable[[Exception], object]) -> Iterator[None]:
    """What fails in the block ends it, and no more; what is not `expected` is counted.

    A kind is a place in the code, `where`, and a type of exception.
    """
    try:
        yield
    except Exception as error:
        if expected(error):
            return
        kind = (where, type(error))
        _seen[kind] += 1
        if _seen[kind] == 1:
            log.exception("defect.worked_around", where=where)
