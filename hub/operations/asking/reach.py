"""Who can be reached, said when people are asked: a warning keeps nobody from it.

An order goes out also where somebody can only be told by sync, or nobody would be asked next; the
watch officer is told so at once, rather than by the alarm that follows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from hub.model.people import Principal
from hub.operations.asking.documents import DispatchWarningDoc
from hub.operations.desk import Desk
from hub.operations.words import Both, both, person
from hub.store.documents import AccountDoc
from hub.store.driver import Tx

SHOWN = 20
"""Persons who are named for one reason; of more only the number is said."""
WARNINGS: dict[str, tuple[str, str]] = {
    "ESCALATION_NONE": (
        "无升级人员",
        "A warning: if nobody accepts, nobody else is asked, and the watch is alarmed at once.",
    ),
    "ESCALATION_OFF_DUTY": (
        "升级人员未在勤",
        "A warning: skipped unless on duty by then. Sign them in, or name others.",
    ),
    "ESCALATION_UNREACHABLE": (
        "升级名单上无人可达",
        "A warning: as things stand nobody could be asked next, and the watch would be alarmed.",
    ),
    "RECIPIENT_NO_PUSH": (
        "接收人无可推送的手机",
        "A warning: no phone can be woken; tell them by phone or radio.",
    ),
    "ESCALATION_NO_PUSH": (
        "升级人员无可推送的手机",
        "A warning: no phone can be woken; tell them by phone or radio.",
    ),
    "PUSH_NOT_CONFIGURED": (
        "未配置推送",
        "A warning: no phone is woken at all. Set `[push]`; until then tell them by radio.",
    ),
}

_NO_PUSH_AT_ALL = DispatchWarningDoc(
    code="PUSH_NOT_CONFIGURED",
    path=[],
    message="未配置推送服务，手机同步后才能得知 / No push service is configured: "
    "phones learn of this when they next sync. Call, or configure [push].",
)
_NOBODY_NEXT = DispatchWarningDoc(
    code="ESCALATION_NONE",
    path=["escalation"],
    message="未指定升级人员，超时无人签收即告警 / Nobody is named to be asked next: "
    "if it is not accepted in time there is an alarm.",
)
_NOBODY_REACHED = DispatchWarningDoc(
    code="ESCALATION_UNREACHABLE",
    path=["escalation"],
    message="升级人员目前均无法呼叫 / Nobody on the escalation list can be reached now: "
    "name somebody on duty with a phone.",
)


class Person(Protocol):
    """Somebody who is asked: the account's id and its unit."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str | None: ...  # noqa: D102


async def warnings_of(
    desk: Desk,
    tx: Tx,
    officers: Sequence[AccountDoc],
    fallback: Sequence[AccountDoc],
    phones: Mapping[str, set[str]],
) -> list[DispatchWarningDoc]:
    """What to tell whoever dispatches to `officers`, with `fallback` to be asked next.

    `phones` are the push channels by the names they were asked for; whose id is another than the
    login they were named by is looked up.
    """
    silent = _silent(desk)
    reached = await _reached(desk, tx, [*officers, *fallback], phones)

    def unwakeable(account: AccountDoc) -> bool:
        return not silent and account.id not in reached

    found = [_NO_PUSH_AT_ALL] if silent else []
    found += _named("recipients", "RECIPIENT_NO_PUSH", officers, unwakeable, _no_push)
    if not fallback:
        return [*found, _NOBODY_NEXT]
    if all(not account.duty.on or unwakeable(account) for account in fallback):
        found.append(_NOBODY_REACHED)
    found += _named("escalation", "ESCALATION_OFF_DUTY", fallback, _off, _off_duty)
    return found + _named(
        "escalation",
        "ESCALATION_NO_PUSH",
        fallback,
        lambda account: account.duty.on and unwakeable(account),
        _no_push,
    )


async def unwoken(
    desk: Desk,
    by: Principal,
    people: Sequence[Person],
    argument: str,
    *,
    tx: Tx | None = None,
) -> list[DispatchWarningDoc]:
    """What to tell `by`, who asks these people, chosen by `argument`: whom no push wakes.

    Of other units than one's own only the number is said, but to the centre.
    """
    if _silent(desk):
        return [_NO_PUSH_AT_ALL]
    phones = await desk.devices.channels_of({one.id for one in people}, tx=tx)
    reached = _served(desk, phones)
    missing = [one for one in people if one.id not in reached]
    known = [one.id for one in missing if by.viewer.sees_everything or one.unit == by.unit]
    accounts = await desk.accounts.by_logins_or_ids(known[:SHOWN], tx=tx) if known else {}
    named = [([argument], _no_push(person(account))) for account in accounts.values()]
    return _told("RECIPIENT_NO_PUSH", argument, named, len(missing))


async def unwakeable(desk: Desk, people: Sequence[Person]) -> int:
    """How many of them no push in service wakes."""
    if _silent(desk):
        return len(people)
    reached = _served(desk, await desk.devices.channels_of({one.id for one in people}))
    return sum(one.id not in reached for one in people)


def _silent(desk: Desk) -> bool:
    """Whether no push service is configured at all."""
    return desk.channels is not None and not desk.channels


async def _reached(
    desk: Desk, tx: Tx, accounts: Sequence[AccountDoc], phones: Mapping[str, set[str]]
) -> set[str]:
    """Those accounts that have a phone which a channel in service can wake."""
    renamed = {account.id for account in accounts if account.id != account.login}
    known = {**phones, **(await desk.devices.channels_of(renamed, tx=tx) if renamed else {})}
    return _served(desk, known)


def _served(desk: Desk, phones: Mapping[str, set[str]]) -> set[str]:
    """Of the accounts with their phones' channels, those that one in service wakes."""
    return {name for name, channels in phones.items() if desk.served(channels)}


def _named(
    path: str,
    code: str,
    accounts: Sequence[AccountDoc],
    concerned: Callable[[AccountDoc], bool],
    words: Callable[[Both], str],
) -> list[DispatchWarningDoc]:
    """A warning for each who is concerned, at its place in the list."""
    places = [place for place, account in enumerate(accounts) if concerned(account)]
    named = [([path, str(place)], words(person(accounts[place]))) for place in places]
    return _told(code, path, named, len(places))


def _told(
    code: str, path: str, named: Sequence[tuple[list[str], str]], count: int
) -> list[DispatchWarningDoc]:
    """Warnings of one reason, each with its place and words; of more than are named the number."""
    found = [
        DispatchWarningDoc(code=code, path=where, message=message)
        for where, message in named[:SHOWN]
    ]
    if more := count - len(found):
        words = f"另有 {more} 人同此 / And {more} more."
        if not found:
            words = f"{more} 人无可推送的手机 / {more} have no phone that can be woken."
        found.append(DispatchWarningDoc(code=code, path=[path], message=words))
    return found


def _off(account: AccountDoc) -> bool:
    return not account.duty.on


def _off_duty(name: Both) -> str:
    return str(
        both("{name} 未签到", "{name} is off duty: skipped unless signed in by then.", name=name)
    )


def _no_push(name: Both) -> str:
    return str(
        both(
            "{name} 无可推送的手机",
            "{name} has no phone that can be woken: tell them by phone or radio.",
            name=name,
        )
    )
