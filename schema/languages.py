"""The languages that names and texts are kept in, and which of them is shown."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import strawberry

from schema.enums import worded


class Language(StrEnum):
    """A language of names and texts. What is missing in one reads as it is in the other."""

    ZH = "ZH"
    EN = "EN"


worded(
    Language,
    "A language of names and texts (语言); what is missing in it reads as it is in the other.",
    {Language.ZH: "Chinese (中文).", Language.EN: "English (英文)."},
)
InLanguage = Annotated[
    Language,
    strawberry.argument(description="In which language; the other where there is none (语言)."),
]
_ORDER = {Language.ZH: ("zh", "en"), Language.EN: ("en", "zh")}


def order(language: Language) -> tuple[str, str]:
    """Keys of a stored name, the language's first."""
    return _ORDER[language]


def said(name: Mapping[str, str | None] | None, language: Language) -> str | None:
    """A stored name in the language, else in the other; None where there is neither."""
    first, second = _ORDER[language]
    return (name.get(first) or name.get(second)) if name else None
