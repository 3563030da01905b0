"""Boards: the window, the page and the rows of departures and arrivals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from hub.errors import NotFound, UserFault
from schema.loading import each
from schema.nodes import FIRST_DEFAULT, Connection, connect, decode_cursor, key_of, page_size
from schema.projection import Info, Row
from schema.selection import project
from schema.transit.journeys import Call
from schema.transit.network import StopPlace

if TYPE_CHECKING:
    from schema.context import SchemaContext

Board = Literal["departure", "arrival"]
BEHIND = timedelta(minutes=2)
AHEAD = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class BoardRequest:
    """What was asked of a board, as the client said it. Times None: from 2 min ago, 2 h ahead."""

    board: Board
    stop_place: str
    modes: Sequence[str] | None = None
    start: datetime | None = None
    until: datetime | None = None
    first: int = FIRST_DEFAULT
    after: str | None = None

    @classmethod
    def of(cls, board: Board, arguments: Mapping[str, Any]) -> "BoardRequest":
        """From a subscription's coerced arguments; its `after` is no keyset cursor."""
        return cls(
            board,
            arguments["stopPlace"],
            arguments.get("modes"),
            arguments.get("from"),
            arguments.get("until"),
            arguments.get("first", FIRST_DEFAULT),
        )

    @property
    def key(self) -> str:
        """The stop place's database id. Raises UserFault BAD_ID."""
        return key_of(self.stop_place, "StopPlace", "stopPlace")

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """From and until. Raises UserFault BAD_WINDOW if it is empty."""
        start = self.start or now - BEHIND
        until = self.until or (self.start or now) + AHEAD
        if until <= start:
            message = f"until ({until.isoformat()}) is not after from ({start.isoformat()})."
            raise UserFault("BAD_WINDOW", message, path=("until",))
        return start, until


async def board_rows(
    context: "SchemaContext",
    request: BoardRequest,
    *,
    more: int = 0,
    projection: Mapping[str, int] | None = None,
) -> list[Row]:
    """The rows of a board, at most `first` + `more`.

    Raises UserFault for arguments that cannot be, NotFound for a stop place nobody knows.
    """
    start, until = request.window(context.now)
    limit = page_size(request.first) + more
    after = decode_cursor(request.after, datetime, str)
    rows = await context.services.transit.calls(
        request.key,
        board=request.board,
        modes=request.modes,
        start=start,
        end=until,
        limit=limit,
        after=after,
        projection=projection,
    )
    if not rows and await StopPlace.load(context, request.key) is None:
        raise NotFound("Stop place", request.stop_place, path=("stopPlace",))
    return list(rows)


async def board_page(
    info: Info, request: BoardRequest, *, within: bool = False
) -> Connection[Call]:
    """A page of a board; `within` others: the same board is then read once for all of them."""
    context, sort = info.context, f"board.{request.board}"
    projection = project(info, sort)
    if within:
        rows = await context.part(_Boards).rows.load((request, tuple(projection)))
    else:
        rows = await board_rows(context, request, more=1, projection=projection)

    def place(row: Row) -> tuple[datetime, str]:
        return row["board"][request.board], row["_id"]

    async def count(before: Row | None = None, limit: int = 0) -> int:
        start, end = request.window(context.now)
        return await context.services.transit.count_calls(
            request.key,
            board=request.board,
            modes=request.modes,
            start=start,
            end=end,
            before=place(before) if before else None,
            limit=limit,
        )

    async def behind(first: Row | None) -> bool:
        return await count(first, limit=1) > 0

    return connect(
        rows,
        first=request.first,
        after=request.after,
        wrap=Call,
        place=place,
        behind=behind,
        count=count,
    )


class _Boards:
    """Boards that stand within others' rows: each different one is read once."""

    def __init__(self, context: "SchemaContext") -> None:
        self._context = context
        self.rows = each(self._read)

    async def _read(self, asked: tuple[BoardRequest, tuple[str, ...]]) -> list[Row]:
        request, paths = asked
        return await board_rows(self._context, request, more=1, projection=dict.fromkeys(paths, 1))


def in_board(request: BoardRequest, row: Row | None, here: Collection[str]) -> bool:
    """Whether a call that changed can matter to this board: one of the place's ids, its mode."""
    if row is None:
        return True
    if row["stop_place"]["id"] not in here:
        return False
    return request.modes is None or row["journey"]["mode"] in request.modes
