"""The outer shell of a GTFS Schedule dataset: a zip of CSV tables, opened without trusting it.

GTFS Schedule reference, "Dataset Files" and "File Requirements". Real files come with a byte order
mark, CRLF, quotes, blanks around values, a folder inside the zip and columns nobody knows.
"""

import csv
import os
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO, BinaryIO
from zipfile import ZipFile, ZipInfo

from hub.errors import PayloadError, Reason
from hub.formats.common.zips import (
    RAISE,
    RATIO,
    UNPACKED_BYTES,
    check_sizes,
    entries_of,
    sound,
)
from hub.formats.gtfs.rows import picked

Progress = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1, as it goes on."""

_BLOCK = 256 * 1024
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
    hint: str = RAISE
    """What to do about a dataset that is larger."""


class Tables:
    """The tables of one dataset. Every method raises PayloadError if the bytes are not sound."""

    def __init__(
        self,
        body: BinaryIO,
        wanted: frozenset[str],
        limits: Limits,
        progress: Progress | None = None,
        *,
        twice: frozenset[str] = frozenset(),
        optional: frozenset[str] = frozenset(),
    ) -> None:
        """`twice` names the tables that will be read two times, for the sake of `progress`.

        Of `optional` tables, those with which the dataset would be too large are `left_out`.
        `unread` are then the folders of further datasets in the zip.
        """
        self._limits = limits
        self._progress = progress or (lambda _share: None)
        with sound(*_EXPECTED):
            self._zip = ZipFile(body)
            self._members, self.unread = _members(self._zip, wanted | optional)
        size, self.left_out = body.seek(0, os.SEEK_END), list[str]()
        while True:
            try:
                self._check(size)
                break
            except PayloadError:
                spare = next((name for name in sorted(optional) if name in self._members), None)
                if spare is None:
                    raise
                del self._members[spare]
                self.left_out.append(spare)
        sizes = {name: entry.file_size for name, entry in self._members.items()}
        again = sum(size for name, size in sizes.items() if name in twice)
        self._to_read, self._read = max(1, sum(sizes.values()) + again), 0
        self.not_utf8: set[str] = set()
        """Tables in which bytes were met that are not UTF-8; they were replaced by U+FFFD."""

    def _check(self, size: int) -> None:
        check_sizes(
            self._members.values(),
            size,
            ratio=self._limits.ratio,
            unpacked_bytes=self._limits.unpacked_bytes,
            hint=self._limits.hint,
        )

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def rows(
        self,
        name: str,
        columns: tuple[str, ...],
        *,
        key: tuple[str, ...] = (),
        only: Callable[[str], object] | None = None,
    ) -> Iterator[tuple[str, ...]]:
        """The values of `columns` row by row, trimmed, "" where there is none.

        A table that is absent has no rows. `key` names columns without which the table is useless:
        PayloadError MISSING_FIELD. Blank rows are left out; with `only` also those whose value in
        the first of `columns` it does not accept.
        """
        if name not in self._members:
            return
        with sound(*_EXPECTED), self._zip.open(self._members[name]) as raw:
            blocks = self._blocks(name, raw)
            head, body = _head(blocks)
            header = [
                cell.strip().lower() for cell in next(csv.reader([head], skipinitialspace=True), [])
            ]
            missing = [column for column in key if column not in header]
            if missing:
                raise PayloadError(Reason.MISSING_FIELD, f"{name} has no column {missing[0]}.")
            where = [header.index(column) if column in header else -1 for column in columns]
            yield from picked(body, where, len(header), only)
        self._read += self._members[name].file_size
        self._progress(min(1.0, self._read / self._to_read))

    def _blocks(self, name: str, raw: IO[bytes]) -> Iterator[str]:
        """The text in blocks of whole lines that end with a line feed each, the last one too."""
        decoder = getincrementaldecoder("utf-8-sig")("replace")
        rest, lines, longest = "", 0, self._limits.line_chars
        while True:
            data = raw.read(_BLOCK)
            text = rest + decoder.decode(data, final=not data)
            if "\r" in text:
                held = "\r" if data and text.endswith("\r") else ""
                text = text.removesuffix(held).replace("\r\n", "\n").replace("\r", "\n")
            else:
                held = ""
            whole, _, rest = text.rpartition("\n")
            rest += held
            if len(rest) >= longest or _has_longer(whole, longest):
                raise PayloadError(Reason.TOO_LARGE, f"{name}: a line after {lines} is too long.")
            lines += whole.count("\n") + bool(whole)
            if lines > self._limits.rows + 1:
                raise PayloadError(
                    Reason.TOO_LARGE,
                    f"{name} has over {self._limits.rows} rows.",
                    hint=self._limits.hint,
                )
            if "\ufffd" in whole:
                self.not_utf8.add(name)
            self._progress(min(1.0, (self._read + raw.tell()) / self._to_read))
            if whole:
                yield whole + "\n"
            if not data:
                if rest:
                    yield rest + "\n"
                return


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


def _has_longer(text: str, longest: int) -> bool:
    """Whether a line has so many characters, found by looking at few of them."""
    at = 0
    while at + longest <= len(text):
        end = text.rfind("\n", at, at + longest)
        if end < 0:
            return True
        at = end + 1
    return False


def _head(blocks: Iterator[str]) -> tuple[str, Iterator[str]]:
    """The first line, and the blocks without it."""
    first, _, rest = next(blocks, "").partition("\n")
    return first, chain([rest], blocks)
