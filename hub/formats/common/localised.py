"""One Name out of the same text in several languages."""

import re
from collections.abc import Iterable

from hub.model.common import Name

_CJK = re.compile(r"[\u3400-\u9fff]")


def localised(texts: Iterable[tuple[str, str]]) -> Name | None:
    """A Name from pairs of a language tag (may be empty) and a text; None if there is no text.

    Text without a language is Chinese if it has a Chinese character. A third language stands in
    the English place, unless there is English. The first text of a language counts.
    """
    zh = en = other = None
    for tag, written in texts:
        text, language = " ".join(written.split()), tag.lower()
        if not text:
            continue
        if language.startswith("zh") or (not language and _CJK.search(text)):
            zh = zh or text
        elif language.startswith("en") or not language:
            en = en or text
        else:
            other = other or text
    english = en or other
    return Name(zh=zh, en=english) if zh or english else None
