"""Accounts: an officer's and a partner's, each with something open."""

from typing import Any

from hub.model.people import Role
from tests.contract.examples import Bad, Doing, Examples
from tests.contract.scene import OURS, Scene
from tests.operations.operations_builders import fresh


async def account(scene: Scene) -> str:
    """An officer's, with a phone that can be woken."""
    return (await scene.world.officer(fresh("somebody"), unit=OURS)).account_id


async def session(scene: Scene) -> str:
    """One of that officer's, opened from the server's shell."""
    return (await scene.context.tokens.issue(await account(scene))).session_id


async def somebody(scene: Scene) -> dict[str, Any]:
    return {
        "login": fresh("new"),
        "role": "OFFICER",
        "unit": OURS,
        "nameZh": "队员",
        "nameEn": "Officer",
    }


async def to_be_changed(scene: Scene) -> dict[str, Any]:
    opened = await scene.context.tokens.issue(await account(scene))
    return {
        "account": opened.account.id,
        "role": "LIAISON",
        "unit": "SAN",
        "nameZh": "联络员",
        "nameEn": "Liaison",
        "active": False,
    }


async def to_be_reset(scene: Scene) -> dict[str, Any]:
    person = await scene.world.officer(fresh("client"), role=Role.PARTNER, unit=OURS, phone=False)
    return {"account": person.account_id, "graceHours": 2}


async def signed_in(scene: Scene) -> dict[str, Any]:
    return {"account": (await scene.context.tokens.issue(await account(scene))).account.id}


async def opened(scene: Scene) -> dict[str, Any]:
    return {"session": await session(scene)}


NOBODY = Bad({"account": "nobody"}, "NOT_FOUND", "input.account")
ADMIN = frozenset({Role.ADMIN})
EXAMPLES = Examples(
    mutations={
        "addAccount": Doing(
            given=somebody,
            by="admin",
            bad=(
                Bad({"login": "watch"}, "LOGIN_TAKEN", "input.login"),
                Bad({"login": "Ein Name"}, "BAD_VALUE", "input.login"),
                Bad({"login": "a" * 65}, "BAD_VALUE", "input.login"),
                Bad({"unit": None}, "BAD_VALUE", "input.unit"),
                Bad({"unit": "XXX"}, "UNIT_UNKNOWN", "input.unit"),
                Bad({"nameZh": "名" * 101}, "BAD_TEXT", "input.nameZh"),
            ),
        ),
        "updateAccount": Doing(
            given=to_be_changed,
            by="admin",
            bad=(
                NOBODY,
                Bad({"role": "PARTNER"}, "BAD_VALUE", "input.role"),
                Bad({"unit": "XXX"}, "UNIT_UNKNOWN", "input.unit"),
                Bad({"nameEn": "n" * 101}, "BAD_TEXT", "input.nameEn"),
            ),
        ),
        "resetSecret": Doing(
            given=to_be_reset,
            by="admin",
            bad=(
                NOBODY,
                Bad({"graceHours": 721}, "BAD_VALUE", "input.graceHours"),
                Bad({"graceHours": -1}, "BAD_VALUE", "input.graceHours"),
                Bad({"account": "watch", "graceHours": 1}, "BAD_VALUE", "input.graceHours"),
            ),
        ),
        "signOutAccount": Doing(given=signed_in, by="admin", bad=(NOBODY,)),
        "revokeSession": Doing(
            given=opened,
            by="admin",
            bad=(Bad({"session": "none"}, "NOT_FOUND", "input.session"),),
        ),
    },
    rows={"Account": account, "Session": session},
    reader="admin",
    may=dict.fromkeys(
        (
            "account",
            "accounts",
            "sessions",
            "addAccount",
            "updateAccount",
            "resetSecret",
            "signOutAccount",
            "revokeSession",
        ),
        ADMIN,
    ),
)
