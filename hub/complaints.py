"""What is wrong with a configuration, in words: all of it at once, with what was perhaps meant."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from hub.errors import StartError

_SHOWN = 80
_NUMBER = "expected a number"
_WHOLE = "expected a whole number"
_WORDS: dict[str, str] = {
    "missing": "is missing",
    "greater_than_equal": "expected {ge} or more",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected {le} or less",
    "less_than": "expected less than {lt}",
    "string_too_short": "expected text of {min_length} characters or more",
    "string_too_long": "expected text of {max_length} characters or less",
    "string_type": 'expected text, in quotes ("...")',
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "tuple_type": "expected a list, [...]",
    "list_type": "expected a list, [...]",
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "model_attributes_type": "expected a table",
    "path_type": "expected a path, in quotes",
    "too_short": "expected {min_length} or more of them",
    "too_long": "expected {max_length} or fewer of them",
    "time_delta_type": 'expected seconds, or ISO 8601 such as "PT90S"',
    "time_delta_parsing": 'expected seconds, or ISO 8601 such as "PT90S"',
    "datetime_parsing": "expected a time such as 2026-11-23T18:00:00+08:00",
}
"""What each kind of complaint of the validator means; those it has more of keep their own words."""


def complaints(
    error: ValidationError,
    model: type[BaseModel],
    *,
    name: Callable[[Sequence[int | str]], str] | None = None,
) -> list[str]:
    """Each complaint as one line: key, value, what was expected.

    `name` says how a place in the file is called; without it its parts are joined by dots.
    """
    called = name or dotted
    found = []
    for item in error.errors(include_url=False):
        where = [part for part in item["loc"] if not _is_branch(part)]
        key = called(where)
        if item["type"] == "extra_forbidden":
            found.append(f"{key}: no such key.{suggestion(where[-1], _keys(model, where[:-1]))}")
        elif item["type"] == "missing":
            found.append(f"{key}: {_WORDS['missing']}.")
        elif item["input"] is not None and not isinstance(item["input"], Mapping):
            found.append(f"{key} = {_shown(item['input'])}: {_expected(item)}")
        else:
            found.append(f"{key}: {_expected(item)}")
    return list(dict.fromkeys(found))


def dotted(where: Sequence[int | str]) -> str:
    """The name of a place in a file, such as hub.port."""
    return ".".join(str(part) for part in where) or "(whole file)"


def suggestion(word: object, known: Iterable[str]) -> str:
    """What was perhaps meant, as a sentence with a blank before it; else what there is."""
    names = sorted(known)
    near = get_close_matches(str(word).lower(), {one.lower(): one for one in names}, n=1)
    if near:
        return f" Did you mean {next(one for one in names if one.lower() == near[0])}?"
    return f" Known: {', '.join(names)}." if names else ""


class Problems:
    """StartErrors gathered, so that all of them are told at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @contextmanager
    def noted(self, what: str = "") -> Iterator[None]:
        """Note a StartError of the block, `what` before it, and go on behind it."""
        try:
            yield
        except StartError as error:
            told = error.problems if isinstance(error, ConfigError) else [str(error)]
            self.found += [f"{what}{one}" for one in told]

    def settle(self, what: str = "") -> None:
        """Raise ConfigError if there was any."""
        if self.found:
            raise ConfigError(self.found, what)


class ConfigError(StartError):
    """A configuration that cannot be used; `problems` are all of its faults, a line each."""

    def __init__(self, problems: Sequence[str], what: str = "") -> None:
        head = f"{what}: " if what else ""
        self.problems = list(dict.fromkeys(problems))
        if len(self.problems) == 1:
            super().__init__(f"{head}{self.problems[0]}")
            return
        lines = "".join(f"\n  {number}. {one}" for number, one in enumerate(self.problems, 1))
        super().__init__(f"{head}{len(self.problems)} 处错误 problems:{lines}")


def _is_branch(part: int | str) -> bool:
    """Whether it names a branch of a union or a validator, which is nothing the writer wrote."""
    return isinstance(part, str) and re.search(r"[\[\](]|^(function|constrained)", part) is not None


def _expected(item: Any) -> str:  # noqa: ANN401  # pydantic's ErrorDetails
    context: dict[str, Any] = item.get("ctx") or {}
    kind = item["type"]
    if kind in {"literal_error", "enum"}:
        words = re.findall(r"'([^']*)'", context["expected"])
        meant = suggestion(item["input"], words)
        return f"expected one of {', '.join(words)}.{meant if 'mean' in meant else ''}"
    if kind == "value_error":
        return f"{str(context['error']).rstrip('.')}."
    if kind in _WORDS:
        plain = {k: f"{v:g}" if isinstance(v, float) else v for k, v in context.items()}
        return f"{_WORDS[kind].format(**plain)}."
    return f"{item['msg'].replace('Input should be', 'expected').rstrip('.')}."


def _shown(value: object) -> str:
    """A value as TOML writes it, shortened."""
    if isinstance(value, float):
        return repr(value)
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) < _SHOWN else f"{text[: _SHOWN - 3]}..."


def _keys(annotation: object, where: Sequence[int | str]) -> list[str]:
    """The keys of the table at a place; none if it is not one of ours."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or key: field for key, field in annotation.model_fields.items()}
        if not where:
            return list(fields)
        field = fields.get(str(where[0]))
        return _keys(field.annotation, where[1:]) if field else []
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {tuple, list, dict}:
        return _keys(arguments[-1 if origin is dict else 0], where[1:]) if where else []
    if origin in {Union, UnionType, Annotated}:
        return next((keys for one in arguments if (keys := _keys(one, where))), [])
    return []
