"""Several real-time sources of one journey: whose word is shown, what the others say. Pure.

For each call, of the sources that speak of it, a fresh one comes before a stale one, then the one
of higher priority (`[[feeds]] priority`), then the one that observed later. The journey's own state
follows the same rule. What is not shown is kept beside it (`rivals` of the journey, `others` of a
call), so that the next message of either decides again, and a disagreement is seen.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.model.journeys import DatedJourney
from hub.store.feeds import merge
from hub.store.feeds.placing import places_of
from hub.store.feeds.rows import Document

Rank = Callable[[Mapping[str, Any]], tuple[bool, int, datetime, str]]
"""The standing of a layer or report (by `feed`, `observed_at`, `as_of`); the greatest is shown."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_SEEN = ("expected", "actual", "occupancy", "coach", "exchange", "reported")


def ranking(feeds: Iterable[Mapping[str, Any]], now: datetime, *, fresh_for: timedelta) -> Rank:
    """The rule over the documents of feeds. `fresh_for` is for a feed that has none.

    A source that gives no time of its own is as old as the last data of its feed.
    """
    known = {feed["_id"]: feed for feed in feeds}

    def rank(said: Mapping[str, Any]) -> tuple[bool, int, datetime, str]:
        feed = known.get(said["feed"], {})
        moment = _zoned(said.get("observed_at")) or max(
            _zoned(said.get("as_of")) or _NEVER, feed.get("data_as_of") or _NEVER
        )
        warn = feed.get("warn_after_s", fresh_for.total_seconds())
        fresh = (now - moment).total_seconds() <= warn and not silent(feed, now)
        return fresh, feed.get("priority", 0), moment, said["feed"]

    return rank


def silent(feed: Mapping[str, Any], now: datetime) -> bool:
    """Whether a feed as a whole has fallen silent: nothing it ever said is fresh then."""
    stale_at = (feed.get("before") or feed).get("stale_at")
    return stale_at is not None and now > stale_at


def _zoned(moment: datetime | None) -> datetime | None:
    """With its zone: a journey that is being written has times without one (rows.unzoned)."""
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def contested(old: Document | None, feed: str) -> bool:
    """Whether another real-time source than `feed` speaks of a journey as well."""
    if old is None or "realtime" not in old:
        return False
    return bool(old.get("rivals")) or old["realtime"]["feed"] != feed


def with_rival(
    old: Document,
    record: DatedJourney,
    *,
    feed: str,
    fingerprint: str,
    as_of: datetime | None,
    rank: Rank,
) -> Document:
    """A contested journey with what `feed` says of it replaced by `record`."""
    layer = merge.realtime_layer(record, feed=feed, fingerprint=fingerprint, as_of=as_of)
    layers = {**_layers(old), feed: layer}
    calls = {call["order"]: _opened(call, old["realtime"]) for call in old["calls"]}
    if not record.partial:
        _drop_untold(calls, record, feed)
    for call, order in zip(record.calls, places_of(calls, record.calls), strict=True):
        if order is not None:
            base = calls.get(order) or {**merge.fresh(call, order, planned=False), "reports": {}}
            seen = merge.observed(base, call)
            calls[order] = {
                **base,
                "reports": {**base["reports"], feed: _report(seen, layer)},
            }
    return _closed(old, layers, calls.values(), rank)


def without_rival(old: Document, feed: str, rank: Rank) -> Document | None:
    """A contested journey without what `feed` said; as `merge.without_realtime` if nobody else."""
    layers = _layers(old)
    layers.pop(feed, None)
    if not layers:
        return merge.without_realtime(old)
    calls = [_opened(call, old["realtime"]) for call in old["calls"]]
    for call in calls:
        call["reports"].pop(feed, None)
    return _closed(old, layers, calls, rank)


def aged(old: Document, feed: str, moment: datetime, rank: Rank) -> Document:
    """A contested journey in which what `feed` says is of a moment."""
    layers = _layers(old)
    layer = layers[feed] = merge.aged(layers[feed], moment)
    calls = [_opened(call, old["realtime"]) for call in old["calls"]]
    for call in calls:
        if feed in call["reports"]:
            report = call["reports"][feed]
            call["reports"][feed] = {**report, "observed_at": layer["observed_at"]}
    return _closed(old, layers, calls, rank)


def again(old: Document, rank: Rank) -> Document:
    """A contested journey as it is to be shown now, with what everybody has said of it."""
    calls = [_opened(call, old["realtime"]) for call in old["calls"]]
    return _closed(old, _layers(old), calls, rank)


def _layers(journey: Document) -> dict[str, Document]:
    layers = [journey["realtime"], *journey.get("rivals", ())]
    return {layer["feed"]: layer for layer in layers}


def _drop_untold(calls: dict[int, Document], record: DatedJourney, feed: str) -> None:
    """A whole record no longer speaks of calls it lists no more, where no timetable has them.

    Planned calls, and those the vehicle is known to have been at, keep what was said.
    """
    told = {call.order for call in record.calls}
    for order, call in calls.items():
        mine = call["reports"].get(feed)
        if mine and order not in told and not call["planned"] and not any(mine["actual"].values()):
            del call["reports"][feed]


def _opened(call: Document, layer: Document) -> Document:
    """A call with every source's report by feed, instead of the one shown and the others."""
    by = call.get("by") or {name: layer.get(name) for name in ("feed", "observed_at", "as_of")}
    reports = {one["feed"]: one for one in call.get("others", ())}
    if call["reported"] is not None:
        reports[by["feed"]] = _report(call, by)
    bare = {name: value for name, value in call.items() if name not in {"by", "others"}}
    return {**bare, "reports": reports}


def _report(call: Document, layer: Mapping[str, Any]) -> Document:
    return {
        "feed": layer["feed"],
        "observed_at": layer.get("observed_at"),
        "as_of": layer.get("as_of"),
        "quay_id": call["quay_id"],
        "platform": call["platform"]["actual"],
        **{name: call.get(name) for name in _SEEN},
    }


def _closed(
    old: Document, layers: dict[str, Document], calls: Iterable[Document], rank: Rank
) -> Document:
    """The journey as shown: the best of its layers, and of each call's reports."""
    left_out = {"rivals", "contested"}
    journey = {name: value for name, value in old.items() if name not in left_out}
    shown = max(layers.values(), key=rank)
    journey["realtime"] = shown
    others = [layer for feed, layer in sorted(layers.items()) if feed != shown["feed"]]
    if others:
        journey["rivals"] = others
        journey["contested"] = sorted(layers)
    kept = (call for call in calls if call["planned"] or call["reports"])
    return merge.settle(journey, [_decided(call, rank, alone=not others) for call in kept])


def _decided(call: Document, rank: Rank, *, alone: bool) -> Document:
    reports: dict[str, Document] = call["reports"]
    bare = {name: value for name, value in call.items() if name != "reports"}
    if not reports:
        return merge.unobserved(bare)
    shown = max(reports.values(), key=rank)
    decided = {
        **bare,
        "quay_id": shown["quay_id"],
        "platform": {"planned": call["platform"]["planned"], "actual": shown["platform"]},
        **{name: shown.get(name) for name in _SEEN},
    }
    if alone:
        return decided
    decided["by"] = {name: shown[name] for name in ("feed", "observed_at", "as_of")}
    rest = [one for feed, one in sorted(reports.items()) if feed != shown["feed"]]
    return {**decided, "others": rest} if rest else decided
