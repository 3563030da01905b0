"""Rows of a GTFS table from its text, fast where the text is plain, exactly where it is not.

Nearly all rows of nearly all tables have no quote in them: splitting at the commas is then all
there is to CSV. Everything else is the csv module's.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from operator import itemgetter

Row = tuple[str, ...]


def picked(
    blocks: Iterator[str],
    where: list[int],
    width: int,
    only: Callable[[str], object] | None = None,
) -> Iterator[Row]:
    """The cells `where` (-1: no such column) of each row that is not blank, trimmed.

    `blocks` hold whole lines, each with its line feed; `width` is the header's. `only` judges the
    first of the cells.
    """
    for block in blocks:
        if '"' not in block:
            yield from _plain(block, where, only)
            continue
        rows: Iterable[list[str]] | None = _line_by_line(block)
        if rows is None:  # a quote may hold line feeds: from here on all is one stream
            rows = _rows(_Lines(chain([block], blocks)), width)
        for row in rows:
            if any(row):
                cells = _cells(row, where)
                if only is None or only(cells[0]):
                    yield cells


def _plain(block: str, where: list[int], only: Callable[[str], object] | None) -> Iterable[Row]:
    """The rows of a block without a quote."""
    lines = block.split("\n")[:-1]
    blank = block.startswith((",", "\n")) or "\n," in block or "\n\n" in block
    if not blank and _is_tight(block) and len(where) > 1 and max(where) >= 0:
        cells, last = itemgetter(*where), max(where) + 1
        nothing = [""] if min(where) < 0 else []  # behind the row's cells: -1 is that one
        if only is not None and where[0] == 0:
            lines = [line for line in lines if only(line.partition(",")[0])]
            only = None
        with suppress(IndexError):  # a row that is too short
            if only is None and nothing:
                return [cells(line.split(",", last) + nothing) for line in lines]
            if only is None:
                return [cells(line.split(",", last)) for line in lines]
    rows = (line.split(",") for line in lines)
    found = (_cells(row, where) for row in rows if any(map(str.strip, row)))
    return found if only is None else (row for row in found if only(row[0]))


def _is_tight(block: str) -> bool:
    """Whether no cell can have a blank around it, of whatever script."""
    return block.isascii() and " " not in block and "\t" not in block


def _line_by_line(block: str) -> list[list[str]] | None:
    """The rows of a block in which every line is a row; None where that is not so."""
    lines = block.split("\n")[:-1]
    try:
        rows = list(csv.reader(lines, skipinitialspace=True))
    except csv.Error:
        return None
    odd = any(line.count('"') % 2 for line in lines if '"' in line)
    return None if odd or len(rows) != len(lines) else rows


def _cells(row: list[str], where: list[int]) -> Row:
    width = len(row)
    return tuple(row[i].strip() if 0 <= i < width else "" for i in where)


class _Lines:
    """The lines of blocks, one by one; `taken` are those since it was last cleared."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._lines = (line + "\n" for block in blocks for line in block.split("\n")[:-1])
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        return line


def _rows(lines: _Lines, width: int) -> Iterator[list[str]]:
    """The rows of a stream of lines.

    A quote that is never closed would swallow the rows after it: lines that make no row of the
    header's width together are taken one by one.
    """
    reader = csv.reader(lines, skipinitialspace=True)
    while True:
        lines.taken.clear()
        try:
            rows = [next(reader)]
        except StopIteration:
            return
        except csv.Error:
            rows = []
        if len(lines.taken) > 1 and not (rows and len(rows[0]) == width):
            rows = [
                row for line in lines.taken for row in csv.reader([line], skipinitialspace=True)
            ]
        yield from rows
