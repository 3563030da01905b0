"""The outer shell of a GTFS Schedule dataset: a zip of CSV tables, opened without trusting it.

GTFS Schedule reference, "Dataset Files" and "File Requirements". Real files come with a byte order
mark, CRLF, quotes, blanks around values, a folder inside the zip and columns nobody knows.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO
from zipfile import ZipFile, ZipInfo

from hub.errors import PayloadError, Reason
from hub.formats.zips import RATIO, UNPACKED_BYTES, check_sizes, entries_of, sound

Progress = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1, as it goes on."""

_TOLD_EVERY = 16_384
_EXPECTED = ("GTFS", "GTFS Schedule tables")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a dataset may grow to. `ratio` is unpacked to packed size of one table over 1 MiB.

    Real stop_times tables unpack to at most some forty times their packed size.
    """

    unpacked_bytes: int = UNPACKED_BYTES
    ratio: int = RATIO
    rows: int = 10_000_000
    line_chars: int = 64 * 1024


class Tables:
    """The tables of one dataset. Every method raises PayloadError if the bytes are not sound."""

    def __init__(
        self,
        body: bytes,
        wanted: frozenset[str],
        limits: Limits,
        progress: Progress | None = None,
        *,
        twice: frozenset[str] = frozenset(),
    ) -> None:
        """`twice` names the tables that will be read two times, for the sake of `progress`.

        `unread` are then the folders of further datasets in the zip.
        """
        self._limits = limits
        self._progress = progress or (lambda _share: None)
        with sound(*_EXPECTED):
            self._zip = ZipFile(io.BytesIO(body))
            self._members, self.unread = _members(self._zip, wanted)
        check_sizes(
            self._members.values(),
            len(body),
            ratio=limits.ratio,
            unpacked_bytes=limits.unpacked_bytes,
        )
        sizes = {name: entry.file_size for name, entry in self._members.items()}
        again = sum(size for name, size in sizes.items() if name in twice)
        self._to_read, self._read = max(1, sum(sizes.values()) + again), 0
        self.not_utf8: set[str] = set()
        """Tables in which bytes were met that are not UTF-8; they were replaced by U+FFFD."""

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def rows(
        self, name: str, columns: tuple[str, ...], *, key: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, ...]]:
        """The values of `columns` row by row, trimmed, "" where there is none.

        A table that is absent has no rows. `key` names columns without which the table is useless:
        PayloadError MISSING_FIELD. Blank rows are left out.
        """
        if name not in self._members:
            return
        with sound(*_EXPECTED), self._zip.open(self._members[name]) as raw:
            read: list[str] = []
            reader = csv.reader(self._lines(name, raw, read), skipinitialspace=True)
            header = [cell.strip().lower() for cell in next(reader, [])]
            missing = [column for column in key if column not in header]
            if missing:
                raise PayloadError(Reason.MISSING_FIELD, f"{name} has no column {missing[0]}.")
            where = [header.index(column) if column in header else -1 for column in columns]
            for row in _rows(reader, read, len(header)):
                width = len(row)
                yield tuple(row[i].strip() if 0 <= i < width else "" for i in where)
        self._read += self._members[name].file_size
        self._progress(min(1.0, self._read / self._to_read))

    def _lines(self, name: str, raw: IO[bytes], read: list[str]) -> Iterator[str]:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
        longest = self._limits.line_chars
        for number, line in enumerate(iter(lambda: text.readline(longest), "")):
            if len(line) >= longest:
                raise PayloadError(Reason.TOO_LARGE, f"{name}: line {number + 1} is too long.")
            if number > self._limits.rows:
                raise PayloadError(Reason.TOO_LARGE, f"{name} has over {number - 1} rows.")
            if number % _TOLD_EVERY == 0:
                self._progress(min(1.0, (self._read + raw.tell()) / self._to_read))
            if "\ufffd" in line:
                self.not_utf8.add(name)
            read.append(line)
            yield line


def _members(archive: ZipFile, wanted: frozenset[str]) -> tuple[dict[str, ZipInfo], list[str]]:
    """The wanted tables of one folder, and the other folders that hold a stops.txt.

    It is the outermost that holds one, of several the one with most tables.
    """
    tables: dict[str, dict[str, ZipInfo]] = {}
    for entry in entries_of(archive):
        folder, _, name = entry.filename.rpartition("/")
        if name in wanted:
            tables.setdefault(folder, {}).setdefault(name, entry)
    datasets = sorted(
        (folder for folder, found in tables.items() if "stops.txt" in found),
        key=lambda folder: (bool(folder), folder.count("/"), -len(tables[folder]), folder),
    )
    return tables.get(datasets[0] if datasets else "", {}), datasets[1:]


def _rows(reader: Iterator[list[str]], read: list[str], width: int) -> Iterator[list[str]]:
    """Rows that are not blank; `read` holds the lines the reader took for the current one.

    A quote that is never closed would swallow the rows after it: lines that make no row of the
    header's width together are taken one by one.
    """
    while True:
        read.clear()
        try:
            rows = [next(reader)]
        except StopIteration:
            return
        except csv.Error:
            rows = []
        if len(read) > 1 and not (rows and len(rows[0]) == width):
            rows = [row for line in read for row in csv.reader([line], skipinitialspace=True)]
        yield from (row for row in rows if any(row))
