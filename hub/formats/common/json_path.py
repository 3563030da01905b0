"""Where a value lies in a JSON document: a small part of JSONPath (RFC 9535).

`$.a.b`, `$['a b']`, `$[0]` and `[*]`; nothing else. In a field, `$` is the entity and `$$` the
whole document.
"""

import re
from dataclasses import dataclass

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]'\"\s]+)|\['(?P<quoted>[^']+)'\]|\[(?P<index>\d{1,6})\]|(?P<each>\[\*\])"
)


class NotThere(Exception):
    """An array that should be there is not; the message names it."""


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path: member names, array indexes, and None for every element of an array."""

    text: str
    of_document: bool
    steps: tuple[str | int | None, ...]

    @property
    def is_single(self) -> bool:
        """Whether the path leads to one value at most."""
        return None not in self.steps


def compiled(text: str) -> Path:
    """The path that a text writes. Raises ValueError, naming the first character not understood."""
    of_document = text.startswith("$$")
    at = 2 if of_document else 1
    if not text.startswith("$"):
        message = f"{text!r} does not begin with $"
        raise ValueError(message)
    steps: list[str | int | None] = []
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            message = f"{text!r} is not understood from {text[at:]!r} on: use .name, ['name'], [0]"
            raise ValueError(message)
        index = step["index"]
        steps.append(
            int(index) if index else None if step["each"] else step["name"] or step["quoted"]
        )
        at = step.end()
    return Path(text, of_document, tuple(steps))


def value_at(path: Path, value: object) -> object:
    """The value at a single path; None if it is not there."""
    for step in path.steps:
        value = _member(value, step)
    return value


def elements_at(path: Path, value: object) -> list[object]:
    """Every value at a path with [*]. Raises NotThere if its first array is no array.

    Where an array inside another is missing, there is nothing in it.
    """
    found, outermost = [value], True
    for number, step in enumerate(path.steps):
        if step is not None:
            found = [_member(one, step) for one in found]
            continue
        if outermost and not isinstance(found[0], list):
            raise NotThere(f"{path.text}: no array at step {number + 1}")
        outermost = False
        found = [element for one in found if isinstance(one, list) for element in one]
    return found


def _member(value: object, step: str | int | None) -> object:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    if isinstance(step, int) and isinstance(value, list) and step < len(value):
        element: object = value[step]
        return element
    return None
