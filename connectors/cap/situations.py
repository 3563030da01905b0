"""CAP alerts to situations."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.cap.config import CapConfig, config_of
from hub.connector import Batch, Context, Envelope, Incrementality
from hub.errors import Reason
from hub.formats.cap.alert import NATIONAL, Alert, Info, Reference
from hub.formats.cap.document import decode
from hub.formats.common.bundle import unpack
from hub.model.common import Name
from hub.model.ids import scoped
from hub.model.moments import AHEAD
from hub.model.situations import AlertArea, Link, Period, Severity, Situation, SituationProgress

_VERSIONS = frozenset({"1.0", "1.1", "1.2", NATIONAL})
_DRILLS = frozenset({"Exercise", "Test", "Draft"})
_SEVERITIES = {str(severity).capitalize(): severity for severity in Severity}
_RANK = list(Severity)
_LONGEST_ID = 300
_LONGEST_TEXT = 20_000
_CJK = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Setting:
    context: Context
    config: CapConfig
    received_at: datetime
    batch: Batch

    def id_of(self, reference: Reference, status: str) -> str:
        return scoped(self.context.dataset, _native(reference, status))


def parse(raw: Envelope, context: Context) -> Batch:
    """Situations of one CAP document, or of a list with the documents it names.

    `entities` counts alerts. An alert is identified by sender, identifier and sent (in UTC), a
    drill also by its status, so that a drill's Cancel withdraws no alert in earnest. An Update or
    a Cancel withdraws what it references; an Ack and an Error are noted. An alert all of whose
    info has expired is CLOSED. `as_of` is None: a document holds as of when it was fetched, an
    alert sent days ago is still in force; `told_at` is when the newest was sent. Raises
    PayloadError (`hub.formats.cap.document.decode`).
    """
    config = config_of(context)
    index, *others = unpack(raw.body)
    linked = {document.name: document.body for document in others}
    message = decode(index.body, context.timezone, config.encoding, linked)
    batch = Batch()
    setting = _Setting(context, config, raw.received_at, batch)
    for unread in message.unread:
        batch.note(unread.reason, unread.name, unread.detail)
    gathered = _Gathered()
    for number, alert in enumerate(message.alerts, start=1):
        batch.entities += 1
        _take(alert, number, gathered, setting)
    withdrawn = gathered.withdrawn
    batch.records.extend(item for item in gathered.found.values() if item.id not in withdrawn)
    batch.withdrawn.extend(withdrawn)
    batch.lists_all(context.incrementality is Incrementality.FULL)
    if message.unread:
        batch.complete = False
    return batch


@dataclass(slots=True)
class _Gathered:
    """What the alerts of a document come to; `sent` is that of each situation found."""

    seen: set[str] = field(default_factory=set)
    found: dict[str, Situation] = field(default_factory=dict)
    sent: dict[str, datetime] = field(default_factory=dict)
    withdrawn: dict[str, None] = field(default_factory=dict)


def _take(alert: Alert, number: int, gathered: _Gathered, setting: _Setting) -> None:
    batch, identity = setting.batch, _identity(alert)
    status = alert.status or ""
    native = _native(identity, status) if identity else alert.identifier or f"alert {number}"
    native = native[:_LONGEST_ID]
    refusal = _refusal(alert, setting)
    if identity is None or refusal:
        reason, detail = refusal or (Reason.MISSING_FIELD, "no identity")
        batch.reject(reason, native, detail)
        return
    identifier = setting.id_of(identity, status)
    if identifier in gathered.seen:
        batch.reject(Reason.DUPLICATE, native, "in the document twice; the first is taken")
        return
    gathered.seen.add(identifier)
    if alert.sent is not None:
        batch.told_at = max(batch.told_at or alert.sent, alert.sent)
    for reason, detail in _doubts(alert, setting.config):
        batch.note(reason, native, detail)
    subject = _subject(alert, identity)
    if alert.msg_type in {"Update", "Cancel"}:
        for reference in alert.references:
            if reference.sent and identity.sent and reference.sent > identity.sent:
                detail = f"references {reference.identifier}, which was sent later; not withdrawn"
                batch.note(Reason.TIME_ORDER, native, detail)
            elif reference != subject:
                gathered.withdrawn[setting.id_of(reference, status)] = None
    if alert.msg_type in {"Alert", "Update"}:
        _found(alert, subject, gathered, setting)


def _found(alert: Alert, subject: Reference, gathered: _Gathered, setting: _Setting) -> None:
    """Of several warnings of one event the newest counts."""
    situation = _situation(alert, subject, setting)
    sent = alert.sent or setting.received_at
    if sent >= gathered.sent.get(situation.id, sent):
        gathered.found[situation.id], gathered.sent[situation.id] = situation, sent


def _subject(alert: Alert, identity: Reference) -> Reference:
    """What the situation is known by: the alert, or in the national system the event.

    There an Update names the first warning of its event and stands in its place, and so does the
    next, which a Cancel of the first takes back.
    """
    updates = alert.version == NATIONAL and alert.msg_type == "Update" and alert.references
    return alert.references[0] if updates else identity


def _identity(alert: Alert) -> Reference | None:
    if alert.version == NATIONAL and alert.identifier:
        return Reference("", alert.identifier, None)
    if alert.sender and alert.identifier and alert.sent:
        return Reference(alert.sender, alert.identifier, alert.sent)
    return None


def _native(reference: Reference, status: str) -> str:
    """What CAP's references write, the time in UTC; a drill's behind its status."""
    triple = reference.identifier
    if reference.sent is not None:
        triple = f"{reference.sender},{triple},{reference.sent.isoformat()}"
    return f"{status.lower()}/{triple}" if status in _DRILLS else triple


def _refusal(alert: Alert, setting: _Setting) -> tuple[Reason, str] | None:
    """Why an alert cannot be used at all."""
    return (
        _unreadable(alert)
        or _not_for_us(alert, setting.config)
        or _pointless(alert, setting.received_at)
    )


def _unreadable(alert: Alert) -> tuple[Reason, str] | None:
    needed = {
        "identifier": alert.identifier,
        "sender": alert.sender,
        "sendTime" if alert.version == NATIONAL else "sent": alert.sent,
        "status": alert.status,
        "msgType": alert.msg_type,
    }
    missing = next((name for name, value in needed.items() if not value), None)
    if missing is None:
        if len(f"{alert.sender}{alert.identifier}") > _LONGEST_ID:
            return Reason.BAD_VALUE, f"sender and identifier of more than {_LONGEST_ID} characters"
        return None
    for fault in alert.faults:
        if fault.detail.startswith(f"{missing} "):
            return fault.reason, fault.detail
    if alert.version is None or alert.version not in _VERSIONS:
        return Reason.UNSUPPORTED_VERSION, f"namespace {alert.version}: {missing} is missing"
    return Reason.MISSING_FIELD, f"{missing} is missing"


def _not_for_us(alert: Alert, config: CapConfig) -> tuple[Reason, str] | None:
    if alert.status == "System":
        return Reason.UNSUPPORTED_MESSAGE, "status System is between systems, for nobody to see"
    if alert.status not in _DRILLS | {"Actual"}:
        return Reason.BAD_VALUE, f"status {alert.status!r} is not one of CAP's"
    if alert.status in _DRILLS and config.exercises == "reject":
        return Reason.UNSUPPORTED_MESSAGE, f"status {alert.status}; this feed takes no drills"
    if alert.scope is not None and alert.scope not in config.scopes:
        return Reason.UNSUPPORTED_MESSAGE, f"scope {alert.scope!r} is not among options.scopes"
    return None


def _pointless(alert: Alert, received_at: datetime) -> tuple[Reason, str] | None:
    if alert.msg_type not in {"Alert", "Update", "Cancel", "Ack", "Error"}:
        return Reason.BAD_VALUE, f"msgType {alert.msg_type!r} is not one of CAP's"
    if alert.sent and alert.sent > received_at + AHEAD:
        return Reason.TIMESTAMP_IN_FUTURE, f"sent {alert.sent.isoformat()} is yet to come"
    if alert.msg_type in {"Alert", "Update"} and _name(alert, _headline) is None:
        return Reason.EMPTY_ENTITY, "no info with an event or a headline"
    if alert.msg_type == "Cancel" and not alert.references:
        return Reason.MISSING_FIELD, "a Cancel that references nothing"
    return None


def _doubts(alert: Alert, config: CapConfig) -> Iterator[tuple[Reason, str]]:
    """What an accepted alert gets wrong, or what is accepted and not shown."""
    if alert.version not in {"1.2", NATIONAL}:
        yield Reason.UNSUPPORTED_VERSION, f"CAP namespace {alert.version}; read as 1.2"
    if alert.scope is None:
        yield Reason.MISSING_FIELD, "no scope; taken as Public"
    if alert.msg_type in {"Ack", "Error"}:
        said = f": {alert.note[:200]}" if alert.note else ""
        reason = Reason.SOURCE_ERROR if alert.msg_type == "Error" else Reason.UNSUPPORTED_MESSAGE
        yield reason, f"{alert.msg_type} of another message{said}"
        return
    if alert.msg_type == "Update" and not alert.references:
        yield Reason.MISSING_FIELD, "an Update that references nothing; taken as an Alert"
    for info in alert.infos:
        if info.expires is None and config.lifetime_s is None:
            yield _endless(info)
        elif info.expires and alert.sent and info.expires < (info.effective or alert.sent):
            yield Reason.TIME_ORDER, "an info expires before it is effective"
    for fault in alert.faults:
        yield fault.reason, fault.detail


def _endless(info: Info) -> tuple[Reason, str]:
    if info.expires_said is None:
        return Reason.MISSING_FIELD, "an info without expires is in force until withdrawn"
    return Reason.BAD_VALUE, f"expires {info.expires_said} is no end: in force until withdrawn"


def _situation(alert: Alert, identity: Reference, setting: _Setting) -> Situation:
    """One situation of all info blocks: every language, every area, the worst severity."""
    leading = max(alert.infos, key=lambda info: _RANK.index(_severity(info)))
    validity = _validity(alert.infos, alert.sent or setting.received_at, setting.config)
    ended = all(period.end and period.end <= setting.received_at for period in validity)
    return Situation(
        id=setting.id_of(identity, alert.status or ""),
        dataset=setting.context.dataset,
        native_id=_native(identity, alert.status or ""),
        mode=setting.context.mode,
        severity=_severity(leading),
        cause=leading.category,
        effect=leading.response_type,
        progress=SituationProgress.CLOSED if ended else SituationProgress.OPEN,
        summary=_name(alert, _headline) or Name(),
        description=_name(alert, _details, "\n\n"),
        advice=_name(alert, _instruction, "\n\n"),
        links=tuple(Link(uri) for uri in dict.fromkeys(info.web for info in alert.infos) if uri),
        created_at=alert.sent,
        validity=validity,
        areas=tuple(_areas(alert.infos)),
        urgency=leading.urgency,
        certainty=leading.certainty,
        exercise=alert.status in _DRILLS,
    )


def _severity(info: Info) -> Severity:
    return _SEVERITIES.get(info.severity or "", Severity.UNKNOWN)


def _headline(info: Info) -> str | None:
    return info.headline or info.event


def _instruction(info: Info) -> str | None:
    return info.instruction


def _details(info: Info) -> str | None:
    return "\n".join(text for text in (info.description, info.instruction) if text) or None


def _name(alert: Alert, text_of: Callable[[Info], str | None], between: str = " / ") -> Name | None:
    """Chinese and English of all info; a third language stands for English where there is none.

    Several blocks of one language say different things of different areas: all are kept.
    """
    said: dict[str, dict[str, None]] = {}
    for info in alert.infos:
        if text := text_of(info):
            said.setdefault(_language(info, text), {})[text] = None
    zh, others = said.pop("zh", {}), said
    en = others.get("en") or next(iter(others.values()), {})
    zh_text, en_text = (between.join(texts)[:_LONGEST_TEXT] or None for texts in (zh, en))
    return Name(zh=zh_text, en=en_text) if zh or en else None


def _language(info: Info, text: str) -> str:
    """The primary language; without one, Chinese if there is a Chinese character, else English."""
    if info.language:
        return info.language.replace("_", "-").partition("-")[0].lower()
    return "zh" if _CJK.search(text) else "en"


def _validity(infos: Iterable[Info], sent: datetime, config: CapConfig) -> tuple[Period, ...]:
    periods: dict[Period, None] = {}
    for info in infos:
        start, end = info.effective or sent, info.expires
        if end is None and config.lifetime_s is not None:
            end = start + timedelta(seconds=config.lifetime_s)
        backward = end is not None and end < start
        periods[Period(None if backward else start, end)] = None
    return tuple(periods)


def _areas(infos: Iterable[Info]) -> Iterator[AlertArea]:
    """Every area once. Languages repeat them: the first Chinese description counts."""
    known: dict[object, AlertArea] = {}
    for info in infos:
        for area in info.areas:
            text = area.description or ""
            key = area.polygons or area.geocodes or text
            old = known.get(key, AlertArea(text))
            better = _CJK.search(text) and not _CJK.search(old.description)
            geocodes = tuple(dict.fromkeys((*old.geocodes, *area.geocodes)))
            described = text if better else old.description
            known[key] = AlertArea(described, area.polygons, geocodes)
    yield from known.values()
