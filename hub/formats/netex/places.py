"""NeTEx stops, resolved: StopPlaces and Quays of the hub, and where a ScheduledStopPoint is.

Every StopPlace is a stop place of its own, also one with a ParentSiteRef: metro and coaches at one
interchange are two. Names and positions that a child leaves out are its parent's.
"""

from collections import defaultdict
from collections.abc import Mapping

from hub.errors import Reason
from hub.formats.common.fields import Problems
from hub.formats.netex.content import Content
from hub.formats.netex.rows import LooseQuayRow, PlaceRow, QuayRow
from hub.model.common import Mode, Name
from hub.model.ids import scoped
from hub.model.network import Quay, StopPlace, StopPlaceKind
from hub.model.timetable_rows import Stop

_LEVELS = 4
_STATION = 1
_KINDS = {
    Mode.RAIL: StopPlaceKind.RAIL_STATION,
    Mode.METRO: StopPlaceKind.METRO_STATION,
    Mode.COACH: StopPlaceKind.COACH_STATION,
}
"""In order of precedence, where no StopPlaceType says it."""


class Places:
    """The stops of a dataset by native id. `known` are stops of the feed's static reference."""

    def __init__(
        self, content: Content, dataset: str, known: Mapping[str, Stop], problems: Problems
    ) -> None:
        self._content = content
        self._dataset = dataset
        self._known = known
        self._problems = problems
        self._below: defaultdict[str, list[PlaceRow]] = defaultdict(list)
        self.stops: dict[str, Stop] = {}
        self.network: list[StopPlace | Quay] = []
        for row in content.places.values():
            if row.parent:
                self._below[row.parent].append(row)
        for row in content.places.values():
            self._add(row)
        listing = {quay: row.id for row in content.places.values() for quay in row.quay_refs}
        for loose in content.quays.values():
            self._add_loose(loose, listing)
        self._note_unlisted(listing)

    def stop_of(self, stop_point: str) -> Stop | None:
        """Where passengers board at a ScheduledStopPoint: its Quay, else its StopPlace.

        A point that is assigned to neither, or to one that no file has, but has a name, is a stop
        place itself: what else is there to show?
        """
        for native in self._content.assignments.get(stop_point, ()):
            stop = self.stops.get(native) or self._adopted(native)
            if stop is not None:
                return stop
        return self.stops.get(stop_point) or self._point(stop_point)

    def _adopted(self, native: str) -> Stop | None:
        """A stop of the static reference, which other feeds describe."""
        stop = self._known.get(native)
        if stop is not None:
            self.stops[native] = stop
            self.stops.setdefault(stop.place_id, self._known[stop.place_id])
        return stop

    def _point(self, native: str) -> Stop | None:
        name, position = self._content.stop_points.get(native, (None, None))
        if name is None:
            return None
        wanted = self._content.assignments.get(native)
        self._problems.note(
            Reason.UNKNOWN_STOP,
            native,
            f"assigned to {wanted[0]!r}, which no file has; a stop place of its own"
            if wanted
            else "has no PassengerStopAssignment; a stop place of its own",
        )
        stop = Stop(
            native_id=native,
            id=scoped(self._dataset, native),
            name=name,
            place_id=native,
            position=position,
        )
        self.stops[native] = stop
        if wanted:  # real-time feeds name the Quay
            self.stops.setdefault(wanted[0], stop)
        self.network.append(
            StopPlace(
                id=stop.id,
                dataset=self._dataset,
                native_id=native,
                name=name,
                position=position,
            )
        )
        return stop

    def _add(self, row: PlaceRow) -> None:
        name = self._name(row)
        modes = self._modes(row)
        kind = row.kind or next(
            (kind for mode, kind in _KINDS.items() if mode in modes), StopPlaceKind.OTHER
        )
        place = StopPlace(
            id=scoped(self._dataset, row.id),
            dataset=self._dataset,
            native_id=row.id,
            name=name,
            position=row.position,
            kind=kind,
            modes=modes,
            wheelchair=row.wheelchair,
        )
        self.network.append(place)
        self.stops[row.id] = Stop(
            native_id=row.id,
            id=place.id,
            name=name,
            place_id=row.id,
            position=row.position,
            location_type=_STATION,
        )
        for quay in row.quays:
            if quay.id in self.stops:
                self._problems.note(Reason.DUPLICATE, quay.id, f"a Quay of {row.id} listed twice")
                continue
            self._add_quay(quay, row.id, name)

    def _add_quay(self, quay: QuayRow, place_id: str, place_name: Name) -> None:
        scoped_id = scoped(self._dataset, quay.id)
        self.network.append(
            Quay(
                id=scoped_id,
                dataset=self._dataset,
                native_id=quay.id,
                stop_place_id=scoped(self._dataset, place_id),
                name=quay.name or place_name,
                public_code=quay.public_code,
                position=quay.position,
                wheelchair=quay.wheelchair,
            )
        )
        self.stops[quay.id] = Stop(
            native_id=quay.id,
            id=scoped_id,
            name=quay.name or place_name,
            place_id=place_id,
            parent=place_id,
            platform_code=quay.public_code,
            position=quay.position,
        )

    def _add_loose(self, loose: LooseQuayRow, listing: Mapping[str, str]) -> None:
        """A Quay written beside its StopPlace; where no file has that, it is one of its own."""
        quay = loose.quay
        if quay.id in self.stops:
            self._problems.note(Reason.DUPLICATE, quay.id, "a Quay in its StopPlace and beside it")
            return
        place_id = self._place_of(loose, listing)
        place = self._content.places.get(place_id or "")
        if place is not None:
            self._add_quay(quay, place.id, self.stops[place.id].name)
        elif place_id is not None:
            known = self._known[place_id]
            self.stops.setdefault(place_id, known)
            self._add_quay(quay, place_id, known.name)
        else:
            wanted = ", ".join(loose.parents) or "no StopPlace"
            self._problems.note(
                Reason.UNKNOWN_STOP, quay.id, f"of {wanted}, in no file; a stop place of its own"
            )
            self._add_place(quay)

    def _place_of(self, loose: LooseQuayRow, listing: Mapping[str, str]) -> str | None:
        """The StopPlace of a Quay: the one it names, through other Quays, or that lists it."""
        at: LooseQuayRow | None = loose
        for _ in range(_LEVELS):
            if at is None:
                break
            named: list[str] = [*at.parents, listing.get(at.quay.id, "")]
            for native in named:
                if native in self._content.places:
                    return native
                if native in self._known:
                    return self._known[native].place_id
            at = next((self._content.quays.get(native) for native in at.parents), None)
        return None

    def _add_place(self, quay: QuayRow) -> None:
        scoped_id, name = scoped(self._dataset, quay.id), quay.name or Name(en=quay.id)
        self.network.append(
            StopPlace(
                id=scoped_id,
                dataset=self._dataset,
                native_id=quay.id,
                name=name,
                position=quay.position,
            )
        )
        self.stops[quay.id] = Stop(
            native_id=quay.id, id=scoped_id, name=name, place_id=quay.id, position=quay.position
        )

    def _note_unlisted(self, listing: Mapping[str, str]) -> None:
        for quay, place in listing.items():
            if quay not in self.stops and quay not in self._known:
                self._problems.note(Reason.UNKNOWN_STOP, place, f"lists {quay}, which no file has")

    def _name(self, row: PlaceRow) -> Name:
        at: PlaceRow | None = row
        for _ in range(_LEVELS):
            if at is None or at.name is not None:
                break
            at = self._content.places.get(at.parent or "")
        if at is not None and at.name is not None:
            return at.name
        self._problems.note(Reason.MISSING_FIELD, row.id, "no Name; its id is shown")
        return Name(en=row.id)

    def _modes(self, row: PlaceRow) -> tuple[Mode, ...]:
        own = row.modes or tuple(mode for below in self._below[row.id] for mode in below.modes)
        return tuple(sorted(set(own)))
