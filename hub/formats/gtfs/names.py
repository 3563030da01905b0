"""Names in Chinese and English from a dataset's own language and its translations.txt."""

import re
from collections.abc import Iterable

from hub.model.common import Name

_HAN = re.compile("[\u3400-\u9fff]")
_TRADITIONAL = re.compile(r"zh[-_](hant|tw|hk|mo)\b", re.IGNORECASE)

TRANSLATED = frozenset({"stops", "routes", "trips", "stop_times", "agency"})
COLUMNS = ("table_name", "field_name", "language", "translation", "record_id", "field_value")


def slot_of(language: str, text: str) -> str | None:
    """Which half of a Name a text belongs to: "zh", "en", or None for another language.

    Where the language is not told ("" or "mul") the script decides.
    """
    primary = language.lower().replace("_", "-").partition("-")[0]
    if primary in {"", "mul", "und"}:
        return "zh" if _HAN.search(text) else "en"
    return primary if primary in {"zh", "en"} else None


def name_in(language: str, text: str) -> Name:
    """A name of which one language is known. A third language stands where English would."""
    return Name(zh=text) if slot_of(language, text) == "zh" else Name(en=text)


class Names:
    """Bilingual names of one dataset. `language` is the one its tables are written in."""

    def __init__(self, language: str, rows: Iterable[tuple[str, ...]]) -> None:
        self.language = language
        self._known: dict[tuple[str, str, str], dict[str, str]] = {}
        self._shared: dict[str, Name] = {}  # untranslated texts recur on thousands of trips
        for table, field, spoken, text, record_id, value in rows:
            slot = slot_of(spoken, text)
            if table not in TRANSLATED or slot is None or not text:
                continue
            kind, key = ("id", record_id) if record_id else ("value", value)
            slots = self._known.setdefault((table, f"{field}:{kind}", key), {})
            # Simplified Chinese is what this hub shows; the traditional text only fills a gap.
            if slot not in slots or not _TRADITIONAL.match(spoken):
                slots[slot] = text

    def of(self, table: str, field: str, record_id: str, text: str) -> Name:
        """The name of a record: its own text, and what translations.txt adds to it.

        GTFS Schedule reference, translations.txt: record_id goes before field_value.
        """
        by_id = self._known.get((table, f"{field}:id", record_id))
        by_value = self._known.get((table, f"{field}:value", text))
        if by_id is None and by_value is None:
            if text not in self._shared:
                self._shared[text] = self._joined(text, {})
            return self._shared[text]
        return self._joined(text, {**(by_value or {}), **(by_id or {})})

    def _joined(self, text: str, told: dict[str, str]) -> Name:
        own = name_in(self.language, text)
        declared = self.language.lower() not in {"", "mul", "und"}
        if declared and slot_of(self.language, text) is not None:
            return Name(zh=own.zh or told.get("zh"), en=own.en or told.get("en"))
        zh, en = told.get("zh"), told.get("en")
        # A text in a third language, or in none that is told, stands only where nothing better is.
        return Name(zh=zh or own.zh, en=en or own.en)
