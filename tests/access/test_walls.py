"""Screens that become walls (RFC 8628), and what a wall may not do."""

import pytest

from hub import clock as hub_clock
from hub.access.attempts import RateLimited
from hub.access.tokens import SignedIn, Tokens
from hub.access.walls import ASKED_AT_ONCE, LETTERS, Asked, NotYet, Walls
from hub.clock import ManualClock
from hub.errors import AccessDenied, UserFault
from hub.model.people import SCOPES, Principal, Role
from hub.model.walls import WallPage
from hub.operations.desk import Desk
from hub.operations.walls.actions import (
    GUESSES,
    approve_wall,
    end_wall,
    refuse_wall,
    wall_request,
)
from hub.store import walls as stored
from hub.store.documents import AuditDoc, SessionDoc, WallRequestDoc
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter
from hub.store.people import Accounts
from tests.operations.operations_builders import fresh, operations, principal

PAGES = [WallPage.MAP_AND_BOARDS, WallPage.ALARMS_AND_ORDERS]


@pytest.fixture
def screens(store: Store, tokens: Tokens) -> Walls:
    return Walls(store, tokens, RateLimiter(store))


@pytest.fixture
def desk(store: Store) -> Desk:
    return operations(store).desk


@pytest.fixture
def watch() -> Principal:
    """With an account of its own: guesses are counted by account."""
    return principal(fresh("watch"), Role.WATCH)


async def ask(screens: Walls) -> Asked:
    return await screens.ask(address=fresh("room"))


async def approve(desk: Desk, by: Principal, code: str, key: str | None = None) -> WallRequestDoc:
    return await approve_wall(
        desk, by, code=code, name="大厅左屏", pages=PAGES, turn_seconds=20, key=key or fresh("key")
    )


async def word(screens: Walls, asked: Asked) -> str:
    with pytest.raises(NotYet) as caught:
        await screens.redeem(asked.device_code)
    return caught.value.word


async def hung(screens: Walls, desk: Desk, by: Principal) -> SignedIn:
    asked = await ask(screens)
    await approve(desk, by, asked.user_code)
    return await screens.redeem(asked.device_code)


async def test_a_screen_that_somebody_lets_be_is_given_a_wall_s_session(
    screens: Walls, desk: Desk, watch: Principal, tokens: Tokens, clock: ManualClock
) -> None:
    """It waits, asks again, and is given a session that reads what a watch officer does."""
    asked = await ask(screens)
    assert set(asked.user_code.replace("-", "")) <= set(LETTERS)
    assert await word(screens, asked) == "authorization_pending"
    await approve(desk, watch, asked.user_code.lower().replace("-", " "))
    clock.advance(seconds=asked.interval)
    signed_in = await screens.redeem(asked.device_code)
    assert signed_in.refresh_token is not None
    assert signed_in.wall is not None
    assert (signed_in.wall.name, signed_in.wall.pages) == ("大厅左屏", PAGES)
    who = await tokens.authenticate(signed_in.access_token)
    assert (who.role, who.viewer.sees_everything) == (Role.WALL, True)
    again = await tokens.refresh(signed_in.refresh_token)
    assert again.wall == signed_in.wall
    opened = await AuditDoc.find_one({"target": signed_in.session_id, "action": "session.opened"})
    assert opened is not None
    assert opened.after is not None
    assert opened.after["approved_by"] == watch.account_id


def test_a_wall_has_no_right_to_do_anything() -> None:
    """But to say of itself that it lives: every other scope of its is one to read."""
    names = {scope.value for scope in SCOPES[Role.WALL]}
    assert {name for name in names if not name.endswith(":read")} == {"wall:show"}
    assert SCOPES[Role.WALL] - {"wall:show"} <= SCOPES[Role.WATCH]


async def test_a_code_works_once(screens: Walls, desk: Desk, watch: Principal) -> None:
    """For one answer, and for one session."""
    asked = await ask(screens)
    await approve(desk, watch, asked.user_code)
    with pytest.raises(UserFault) as caught:
        await refuse_wall(desk, watch, code=asked.user_code, key=fresh("key"))
    assert caught.value.code == "WALL_ANSWERED"
    await screens.redeem(asked.device_code)
    assert await word(screens, asked) == "expired_token"


async def test_who_asks_too_soon_has_to_wait_longer(
    screens: Walls, desk: Desk, watch: Principal, clock: ManualClock
) -> None:
    """Five seconds longer each time, also when it has been let be meanwhile (RFC 8628, 3.5)."""
    asked = await ask(screens)
    assert await word(screens, asked) == "authorization_pending"
    assert await word(screens, asked) == "slow_down"
    await approve(desk, watch, asked.user_code)
    clock.advance(seconds=asked.interval + 3)
    assert await word(screens, asked) == "slow_down"
    clock.advance(seconds=asked.interval + 11)
    assert (await screens.redeem(asked.device_code)).account.role is Role.WALL


async def test_a_refused_screen_and_one_that_waited_too_long_are_told(
    screens: Walls, desk: Desk, watch: Principal, clock: ManualClock
) -> None:
    refused, late = await ask(screens), await ask(screens)
    await refuse_wall(desk, watch, code=refused.user_code, key=fresh("key"))
    assert await word(screens, refused) == "access_denied"
    clock.advance(seconds=late.expires_in)
    assert await word(screens, late) == "expired_token"
    with pytest.raises(UserFault) as caught:
        await approve(desk, watch, late.user_code)
    assert caught.value.code == "WALL_CODE"
    made_up = Asked("made up", "BCDF-GHJK", 1, 1)
    assert await word(screens, made_up) == "expired_token"


async def test_codes_cannot_be_guessed(screens: Walls, desk: Desk, watch: Principal) -> None:
    """After ten that no screen shows the account has to wait, with the right one too."""
    asked = await ask(screens)
    for _ in range(GUESSES):
        with pytest.raises(UserFault) as caught:
            await wall_request(desk, watch, "BCDF-0000")
        assert caught.value.code == "WALL_CODE"
    for attempt in (
        wall_request(desk, watch, asked.user_code),
        approve(desk, watch, asked.user_code),
        refuse_wall(desk, watch, code=asked.user_code, key=fresh("key")),
    ):
        with pytest.raises(UserFault) as caught:
            await attempt
        assert caught.value.code == "WALL_GUESSES"
    assert await word(screens, asked) == "authorization_pending"
    other = principal(fresh("watch"), Role.WATCH)
    assert (await wall_request(desk, other, asked.user_code)).answered_at is None


async def test_one_address_cannot_fill_the_hub_with_codes(screens: Walls) -> None:
    address = "198.51.100.7"
    for _ in range(ASKED_AT_ONCE):
        await screens.ask(address=address)
    with pytest.raises(RateLimited):
        await screens.ask(address=address)
    await screens.ask(address="198.51.200.7")


@pytest.mark.parametrize("role", [Role.OFFICER, Role.LIAISON, Role.PARTNER, Role.WALL])
async def test_only_the_centre_lets_screens_be_walls(
    screens: Walls, desk: Desk, watch: Principal, role: Role
) -> None:
    """Others are refused, and nothing is changed."""
    asked, wall = await ask(screens), await hung(screens, desk, watch)
    stranger = principal(fresh("stranger"), role, "RPS")
    for attempt in (
        approve(desk, stranger, asked.user_code),
        refuse_wall(desk, stranger, code=asked.user_code, key=fresh("key")),
        wall_request(desk, stranger, asked.user_code),
        end_wall(desk, stranger, wall_id=wall.session_id, key=fresh("key")),
    ):
        with pytest.raises(AccessDenied):
            await attempt
    assert await word(screens, asked) == "authorization_pending"
    session = await SessionDoc.get(wall.session_id)
    assert session is not None
    assert session.revoked_at is None


async def test_an_ended_wall_is_nobody_any_more(
    screens: Walls, desk: Desk, watch: Principal, tokens: Tokens
) -> None:
    """Its tokens open nothing, and what it says of itself is not kept."""
    wall, other = await hung(screens, desk, watch), await hung(screens, desk, watch)
    assert wall.refresh_token is not None
    await end_wall(desk, watch, wall_id=wall.session_id, key=fresh("key"))
    with pytest.raises(AccessDenied):
        await tokens.authenticate(wall.access_token)
    with pytest.raises(AccessDenied):
        await tokens.refresh(wall.refresh_token)
    at = hub_clock.now()
    for session_id in (wall.session_id, other.session_id):
        await stored.beat(session_id, at, page=PAGES[0], frame_age_s=0.5, held=True)
    ended, lives = [
        await SessionDoc.get(session_id) for session_id in (wall.session_id, other.session_id)
    ]
    assert ended is not None
    assert ended.wall is not None
    assert ended.wall.heard_at is None
    assert lives is not None
    assert lives.wall is not None
    assert (lives.wall.heard_at is not None, lives.wall.page, lives.wall.held) == (
        True,
        PAGES[0],
        True,
    )


async def test_walls_are_off_when_their_account_is(
    screens: Walls, desk: Desk, watch: Principal, accounts: Accounts
) -> None:
    """What was let be stays so, and is taken once the account is on again."""
    wall, asked = await hung(screens, desk, watch), await ask(screens)
    await approve(desk, watch, asked.user_code)
    await accounts.set_active(wall.account.id, active=False)
    with pytest.raises(AccessDenied):
        await screens.redeem(asked.device_code)
    await accounts.set_active(wall.account.id, active=True)
    request = await WallRequestDoc.find_one({"user_code": asked.user_code.replace("-", "")})
    assert request is not None
    assert request.used_at is None
