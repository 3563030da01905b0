"""Principals, what each role may do, and what a viewer may see. Deny by default."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.errors import AccessDenied


class Role(StrEnum):
    """What an account is (账号角色)."""

    OFFICER = "OFFICER"
    LIAISON = "LIAISON"
    WATCH = "WATCH"
    COMMANDER = "COMMANDER"
    PARTNER = "PARTNER"
    ADMIN = "ADMIN"


class Scope(StrEnum):
    """What a field or a call asks of the caller."""

    TRANSIT_READ = "transit:read"
    FEEDS_READ = "feeds:read"
    ME_READ = "me:read"
    UNITS_READ = "units:read"
    OFFICERS_READ = "officers:read"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_WRITE = "incidents:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ALARMS_READ = "alarms:read"
    ALARMS_WRITE = "alarms:write"
    FIELD_WORK = "field:work"
    ADMIN = "admin"
    DEVELOPER = "developer"


MEANING: dict[Scope, str] = {
    Scope.TRANSIT_READ: "boards, journeys, vehicles, ranks, parking, situations",
    Scope.FEEDS_READ: "feeds, their health and what they refused",
    Scope.ME_READ: "one's own account and session",
    Scope.UNITS_READ: "the member units",
    Scope.OFFICERS_READ: "officers and who is on duty",
    Scope.INCIDENTS_READ: "incidents",
    Scope.INCIDENTS_WRITE: "open and close incidents; a liaison for its own unit",
    Scope.ORDERS_READ: "orders and their ledgers",
    Scope.ORDERS_WRITE: "dispatch and cancel orders",
    Scope.ALARMS_READ: "alarms, whose condition holds or held",
    Scope.ALARMS_WRITE: "acknowledge alarms",
    Scope.FIELD_WORK: "the mobile API: sync, actions, positions, push",
    Scope.ADMIN: "decide which ids name one stop place",
    Scope.DEVELOPER: "read the schema (introspection), and the hints of its errors",
}


_READER = frozenset({Scope.TRANSIT_READ, Scope.FEEDS_READ, Scope.ME_READ, Scope.UNITS_READ})
_OPERATIONS = frozenset(
    {Scope.OFFICERS_READ, Scope.INCIDENTS_READ, Scope.ORDERS_READ, Scope.ALARMS_READ}
)
_DISPATCH = frozenset({Scope.INCIDENTS_WRITE, Scope.ORDERS_WRITE, Scope.ALARMS_WRITE})

SCOPES: dict[Role, frozenset[Scope]] = {
    Role.OFFICER: _READER | {Scope.INCIDENTS_READ, Scope.ORDERS_READ, Scope.FIELD_WORK},
    Role.LIAISON: _READER
    | _OPERATIONS
    | {Scope.INCIDENTS_WRITE, Scope.FIELD_WORK, Scope.DEVELOPER},
    Role.WATCH: _READER | _OPERATIONS | _DISPATCH | {Scope.DEVELOPER},
    Role.COMMANDER: _READER | _OPERATIONS | _DISPATCH | {Scope.DEVELOPER},
    Role.PARTNER: _READER | {Scope.INCIDENTS_READ, Scope.DEVELOPER},
    Role.ADMIN: _READER | _OPERATIONS | _DISPATCH | {Scope.ADMIN, Scope.DEVELOPER},
}
CENTRE: frozenset[Role] = frozenset({Role.WATCH, Role.COMMANDER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Viewer:
    """What decides which rows are seen: repositories take it, nobody else filters.

    The centre sees every unit. A liaison or partner sees what involves its unit. An officer sees
    what involves the officer, or the incidents of the officer's unit.
    """

    account_id: str
    role: Role
    unit: str | None

    @property
    def sees_everything(self) -> bool:
        """The command centre's roles."""
        return self.role in CENTRE


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `session_id` and `expires_at` bound how long.

    `device_id` is the phone that the session was opened on, if it was one.
    """

    account_id: str
    login: str
    role: Role
    unit: str | None
    scopes: frozenset[Scope]
    session_id: str
    expires_at: datetime
    device_id: str | None = None

    @property
    def viewer(self) -> Viewer:
        """The part of a principal that row policies look at."""
        return Viewer(self.account_id, self.role, self.unit)

    @property
    def is_shared(self) -> bool:
        """Whether the account may be at many screens, or in many workers, at once."""
        return self.role in CENTRE or self.role is Role.PARTNER

    def require(self, scope: Scope) -> None:
        """Raise AccessDenied unless the caller has the scope."""
        if scope not in self.scopes:
            raise AccessDenied("FORBIDDEN", f"This account may not do this (needs {scope}).")
