"""Subscription root of people: the officers, as they sign in and out and are given orders."""

from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import TYPE_CHECKING

import strawberry

from hub.bus import Change
from hub.model.people import Scope
from hub.operations.orders.asked import OrderAsked
from hub.operations.orders.preview import Reach, Reaches
from schema import enums
from schema.context import row_of
from schema.events import Event, live
from schema.live.source import Arguments, LiveSource
from schema.nodes import FIRST_DEFAULT, key_of, page_size
from schema.people.queries import OfUnit, OnDuty, Roles, known_unit
from schema.people.types import Officer
from schema.projection import Row
from schema.transit.arguments import First, Resume

if TYPE_CHECKING:
    from schema.context import SchemaContext

LOOKED_SECONDS = 15.0
"""How old it may be whether somebody's phone can be reached: phones say nothing when they go."""


async def _rows(context: "SchemaContext", arguments: Arguments) -> list[Row]:
    """As `officers` answers, each marked with how it can be reached: that is shown, too."""
    unit, roles = arguments.get("unit"), arguments.get("roles")
    found = await context.services.accounts.list_(
        context.viewer,
        first=page_size(arguments.get("first", FIRST_DEFAULT)),
        roles=[enums.Role.OFFICER] if roles is None else roles,
        unit=None if unit is None else key_of(unit, "Unit", "unit"),
        on_duty=arguments.get("onDuty"),
    )
    if not found:
        await known_unit(context, unit)
    reaches = await context.services.of(Reaches).visible(
        context.viewer, [account.id for account in found]
    )
    return [{**row_of(account), "reach": _shown(reaches.get(account.id))} for account in found]


def _shown(reach: Reach | None) -> Row | None:
    """What is shown of it; where somebody is would be another row every few seconds."""
    return None if reach is None else {**asdict(reach), "position": None}


def _concerns(change: Change, _arguments: Arguments, _context: "SchemaContext") -> bool:
    """Of what people are asked their orders, and nothing else."""
    kind: str = (change.document or {}).get("subject_kind", OrderAsked.kind)
    return kind == OrderAsked.kind


def _whose(change: Change) -> str | None:
    """The officer whose ledger, or whose phone, has changed."""
    return (change.document or {}).get("account_id")


@strawberry.type
class PeopleSubscription:
    """Live roots about people."""

    @live(
        Scope.OFFICERS_READ,
        "Officers the caller may see, live",
        LiveSource(
            collections=frozenset({"accounts", "recipients"}),
            rows=_rows,
            wrap=Officer,
            concerns=_concerns,
            related=_whose,
            refresh_s=LOOKED_SECONDS,
            per_viewer=True,
        ),
        zh="队员",
    )
    async def officers(
        self,
        unit: OfUnit = None,
        on_duty: OnDuty = None,
        roles: Roles = None,
        first: First = FIRST_DEFAULT,
        after: Resume = None,
    ) -> AsyncGenerator[Event[Officer], None]:
        """The first of them by unit and login; how they can be reached follows within seconds."""
        raise NotImplementedError
