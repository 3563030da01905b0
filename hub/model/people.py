"""Principals, what each role may do, and what a viewer may see. Deny by default."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from hub.errors import AccessDenied


class Role(StrEnum):
    """What an account is (账号角色)."""

    OFFICER = "OFFICER"
    LIAISON = "LIAISON"
    WATCH = "WATCH"
    COMMANDER = "COMMANDER"
    PARTNER = "PARTNER"
    ADMIN = "ADMIN"
    WALL = "WALL"


CENTRE: frozenset[Role] = frozenset({Role.WATCH, Role.COMMANDER, Role.ADMIN})
"""The command centre."""
_EVERYBODY = frozenset(Role)
_OURS = _EVERYBODY - {Role.PARTNER}
_PEOPLE = _OURS - {Role.WALL}
_DESKS = CENTRE | {Role.LIAISON}
_SCREENS = _DESKS | {Role.WALL}
_FIELD = frozenset({Role.OFFICER, Role.LIAISON})


class Scope(StrEnum):
    """What a field or call asks of the caller: its name, meaning (`zh`: in a word), and its roles.

    Whatever is not said here is denied.
    """

    zh: str
    meaning: str
    roles: frozenset[Role]

    def __new__(cls, name: str, zh: str, meaning: str, roles: Collection[Role]) -> Self:
        """A member whose value is its name."""
        scope = str.__new__(cls, name)
        scope._value_, scope.roles = name, frozenset(roles)
        scope.zh, scope.meaning = zh, meaning
        return scope

    TRANSIT_READ = (
        "transit:read",
        "看客运",
        "boards, journeys, vehicles, ranks, parking, situations",
        _EVERYBODY,
    )
    FEEDS_READ = "feeds:read", "看数据源", "feeds, their health and what they refused", _EVERYBODY
    ME_READ = "me:read", "看本人账号", "one's own account and session", _EVERYBODY
    UNITS_READ = "units:read", "看成员单位", "the member units", _EVERYBODY
    PEOPLE_READ = (
        "people:read",
        "看人员",
        "who did something or was asked, of those one may see",
        _OURS,
    )
    OFFICERS_READ = (
        "officers:read",
        "看队员与在岗",
        "the list of officers, and who is on duty",
        _SCREENS,
    )
    INCIDENTS_READ = "incidents:read", "看事件", "incidents", _EVERYBODY
    INCIDENTS_WRITE = (
        "incidents:write",
        "处置事件",
        "open, change, close and reopen incidents; a liaison for its own unit",
        _DESKS,
    )
    ORDERS_READ = "orders:read", "看指令", "orders and their ledgers", _OURS
    ORDERS_WRITE = "orders:write", "下达指令", "dispatch, reassign and cancel orders", CENTRE
    ALARMS_READ = "alarms:read", "看告警", "alarms, whose condition holds or held", _SCREENS
    ALARMS_WRITE = "alarms:write", "确认告警", "acknowledge alarms", CENTRE
    BULLETINS_READ = (
        "bulletins:read",
        "看通报",
        "bulletins to one's unit or oneself, who has read",
        _PEOPLE,
    )
    BULLETINS_WRITE = (
        "bulletins:write",
        "发布通报",
        "publish bulletins; withdraw one's own unit's",
        _DESKS,
    )
    WALLS_READ = "walls:read", "看大屏", "the walls, and whether they live", CENTRE
    WALLS_WRITE = "walls:write", "批准大屏", "let a screen be a wall, and end it", CENTRE
    WALL_SHOW = "wall:show", "当大屏", "say of oneself what a wall shows", {Role.WALL}
    FIELD_WORK = "field:work", "现场作业", "the mobile API: sync, actions, positions, push", _FIELD
    ADMIN = "admin", "管理", "decide which ids name one stop place", {Role.ADMIN}
    ACCOUNTS_READ = "accounts:read", "看账号", "accounts, who is signed in where", {Role.ADMIN}
    ACCOUNTS_WRITE = (
        "accounts:write",
        "管理账号",
        "make and change accounts, reset secrets, end sessions",
        {Role.ADMIN},
    )
    AUDIT_READ = "audit:read", "看审计", "the audit log, and whether it is sealed", {Role.ADMIN}
    DEVELOPER = (
        "developer",
        "开发",
        "read the schema by introspection, and the hints of its errors",
        _EVERYBODY - {Role.OFFICER, Role.WALL},
    )


SCOPES: dict[Role, frozenset[Scope]] = {
    role: frozenset(scope for scope in Scope if role in scope.roles) for role in Role
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """What decides which rows are seen: repositories take it, nobody else filters.

    The centre, and a wall in it, sees every unit. A liaison or partner sees what involves its unit.
    An officer sees what involves the officer, or the incidents of the officer's unit.
    """

    account_id: str
    role: Role
    unit: str | None

    @property
    def sees_everything(self) -> bool:
        """The command centre's roles, and its walls'."""
        return self.role in CENTRE or self.role is Role.WALL


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
        return self.role in CENTRE or self.role in {Role.PARTNER, Role.WALL}

    def require(self, scope: Scope) -> None:
        """Raise AccessDenied unless the caller has the scope."""
        if scope not in self.scopes:
            raise AccessDenied(
                "FORBIDDEN", f"无权进行此操作 / This account may not do this (needs {scope})."
            )
