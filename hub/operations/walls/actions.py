"""Letting a screen be a wall (批准大屏), refusing it, and ending it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from hub import clock
from hub.access.walls import plain_code
from hub.errors import NotFound, UserFault
from hub.model.people import Principal, Scope
from hub.model.walls import WallPage
from hub.operations import checks
from hub.operations.desk import Call, Desk, Done
from hub.operations.walls.store import WallRows
from hub.store.documents import SessionDoc, Wall, WallRequestDoc
from hub.store.driver import Tx
from hub.store.motor_side import RateLimiter
from hub.store.pending import pending
from hub.store.sessions import SESSIONS
from hub.store.walls import WallRequests

Found = TypeVar("Found")
NAME = 40
"""The most characters of a wall's name."""
SHORTEST, LONGEST = 5, 600
"""Seconds that a page of a wall may be shown for."""
GUESSES, WINDOW = 10, 60
"""Codes that no screen shows which an account may try, in so many seconds."""


async def wall_request(desk: Desk, by: Principal, code: object) -> WallRequestDoc:
    """The wish of the screen that shows this code. Needs WALLS_WRITE.

    Codes: WALL_CODE, WALL_GUESSES.
    """
    by.require(Scope.WALLS_WRITE)

    async def work() -> WallRequestDoc:
        return await _request(desk, code)

    return await _guessing(desk, by, work)


async def approve_wall(
    desk: Desk,
    by: Principal,
    *,
    code: object,
    name: object,
    pages: Sequence[object],
    turn_seconds: int,
    key: str,
) -> WallRequestDoc:
    """Let the screen that shows this code be a wall, once per key. Needs WALLS_WRITE.

    It is given its session when it next asks. Codes: WALL_CODE, WALL_GUESSES, WALL_ANSWERED,
    BAD_TEXT, BAD_VALUE.
    """
    by.require(Scope.WALLS_WRITE)
    wall = Wall(
        name=checks.text(name, ("name",), most=NAME),
        pages=_pages(pages),
        turn_seconds=_seconds(turn_seconds),
        approved_by=by.account_id,
    )
    told = {"name": wall.name, "pages": wall.pages, "turn_seconds": wall.turn_seconds}
    call = Call("approveWall", "wall.approved", {"code": plain_code(code), **told}, key)
    return await _answered(desk, by, code, wall, call, told)


async def refuse_wall(desk: Desk, by: Principal, *, code: object, key: str) -> WallRequestDoc:
    """Refuse the screen that shows this code, once per key. Needs WALLS_WRITE.

    Codes: WALL_CODE, WALL_GUESSES, WALL_ANSWERED.
    """
    by.require(Scope.WALLS_WRITE)
    call = Call("refuseWall", "wall.refused", {"code": plain_code(code)}, key)
    return await _answered(desk, by, code, None, call, {"refused": True})


async def end_wall(desk: Desk, by: Principal, *, wall_id: str, key: str) -> SessionDoc:
    """End a wall's session, once per key; it goes dark within seconds. Needs WALLS_WRITE.

    Codes: NOT_FOUND, SESSION_ENDED.
    """
    by.require(Scope.WALLS_WRITE)
    wall_id = checks.identifier(wall_id, ("wall",))

    async def work(tx: Tx) -> Done:
        session = await desk.of(WallRows).get(wall_id, by.viewer, tx=tx)
        if session is None or session.wall is None:
            raise NotFound("wall", wall_id, path=("wall",))
        if session.revoked_at is not None:
            words = "大屏已断开 / The wall was ended already."
            raise UserFault("SESSION_ENDED", words, path=("wall",))
        now = clock.now()
        pending(tx).update(SESSIONS, wall_id, {"$set": {"revoked_at": now}})
        told = {"name": session.wall.name}
        return Done(wall_id, before={**told, "revoked_at": None}, after={**told, "revoked_at": now})

    done = await desk.once(by, Call("endWall", "wall.ended", {"wall": wall_id}, key), work)
    found = await SessionDoc.find_one({"_id": done})
    if found is None:
        raise NotFound("wall", done, path=("wall",))
    return found


async def _answered(
    desk: Desk,
    by: Principal,
    code: object,
    wall: Wall | None,
    call: Call,
    told: dict[str, object],
) -> WallRequestDoc:
    async def work(tx: Tx) -> Done:
        request = await _request(desk, code, tx)
        if request.answered_at is not None:
            words = "该代码已有答复 / Somebody has answered this code."
            raise UserFault("WALL_ANSWERED", words, path=("code",))
        now = clock.now()
        desk.of(WallRequests).answer(tx, request, wall, now)
        where = {"address": request.address}
        return Done(
            request.id,
            before={**where, "answered_at": None},
            after={**where, "answered_at": now, **told},
        )

    async def once() -> str:
        return await desk.once(by, call, work)

    done = await _guessing(desk, by, once)
    request = await desk.of(WallRequests).by_id(done)
    if request is None:
        raise _no_screen()
    return request


async def _request(desk: Desk, code: object, tx: Tx | None = None) -> WallRequestDoc:
    request = await desk.of(WallRequests).by_code(plain_code(code), clock.now(), tx=tx)
    if request is None:
        raise _no_screen()
    return request


async def _guessing(desk: Desk, by: Principal, work: Callable[[], Awaitable[Found]]) -> Found:
    """Do what begins with a code; whoever tries too many that no screen shows has to wait."""
    limiter, key = desk.of(RateLimiter), f"wall:code:{by.account_id}"
    if await limiter.wait(key, limit=GUESSES, seconds=WINDOW) is not None:
        words = "输错次数过多，请一分钟后再试 / Too many codes that no screen shows: wait a minute."
        raise UserFault("WALL_GUESSES", words, path=("code",))
    try:
        return await work()
    except UserFault as fault:
        if fault.code == "WALL_CODE":
            await limiter.hit(key, limit=GUESSES, seconds=WINDOW)
        raise


def _no_screen() -> UserFault:
    words = "没有显示此代码的大屏，或代码已过期 / No screen shows this code now."
    return UserFault("WALL_CODE", words, path=("code",))


def _pages(given: Sequence[object]) -> list[WallPage]:
    pages = [checks.word(page, WallPage, ("pages",)) for page in given]
    if not pages or len(set(pages)) < len(pages):
        words = "须选一至三页，且不重复 / pages: expected one to three, each once."
        raise UserFault("BAD_VALUE", words, path=("pages",))
    return pages


def _seconds(given: int) -> int:
    if not SHORTEST <= given <= LONGEST:
        words = f"须为 {SHORTEST} 至 {LONGEST} 秒 / turnSeconds: expected {SHORTEST} to {LONGEST}."
        raise UserFault("BAD_VALUE", words, path=("turnSeconds",))
    return given
