"""SIRI-FM: facilities and their condition; parking by its counts."""

import pytest

from hub.connector import Batch, Context
from hub.errors import Reason
from hub.model.common import Name
from hub.model.facilities import FacilityCondition, FacilityStatus
from hub.model.parking import OpeningStatus, ParkingFacility, ParkingStatus
from hub.model.situations import Period
from tests.connectors.siri_documents import at, context, delivery, read, reasons
from tests.contract.mutations import sample

LIFT = "<Features><Feature><AccessFacility> lift</AccessFacility></Feature></Features>"
PARKING = (
    "<FacilityClass>parkingBay</FacilityClass>"
    "<Features><Feature><ParkingFacility>parkAndRidePark</ParkingFacility></Feature></Features>"
)


def fm(*conditions: str) -> str:
    """A FacilityMonitoring document."""
    return delivery("".join(conditions), service="FacilityMonitoring")


def condition(
    about: str = LIFT,
    *,
    code: str | None = "L4",
    status: str | None = "notAvailable",
    tail: str = "",
) -> str:
    """A FacilityCondition."""
    named = f"<FacilityCode>{code}</FacilityCode>" if code else ""
    said = f"<FacilityStatus><Status>{status}</Status></FacilityStatus>" if status else ""
    return f"<FacilityCondition><Facility>{named}{about}</Facility>{said}{tail}</FacilityCondition>"


def counting(kind: str, value: str, *, unit: str = "bays", more: str = "") -> str:
    """A MonitoredCounting."""
    return (
        f"<MonitoredCounting><CountingType>{kind}</CountingType>"
        f"<CountedFeatureUnit>{unit}</CountedFeatureUnit>{more}{value}</MonitoredCounting>"
    )


def bare() -> Context:
    """A feed without a timetable."""
    return context("siri_fm", static=False)


def parse(body: str | bytes, where: Context | None = None) -> Batch:
    return read(body, where or bare(), "siri_fm")


def lift(batch: Batch) -> FacilityCondition:
    (found,) = batch.records
    assert isinstance(found, FacilityCondition)
    return found


def parking(batch: Batch) -> tuple[ParkingFacility, ParkingStatus]:
    facility, status = batch.records
    assert isinstance(facility, ParkingFacility)
    assert isinstance(status, ParkingStatus)
    return facility, status


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("available", FacilityStatus.AVAILABLE),
        ("added", FacilityStatus.AVAILABLE),
        ("partiallyAvailable", FacilityStatus.PARTLY_AVAILABLE),
        ("notAvailable", FacilityStatus.NOT_AVAILABLE),
        ("removed", FacilityStatus.NOT_AVAILABLE),
        ("unknown", FacilityStatus.UNKNOWN),
    ],
)
def test_a_facility_s_status(word: str, status: FacilityStatus) -> None:
    """SIRI's words, reduced to what a traveller can use; unknown says nothing, which is noted."""
    batch = parse(fm(condition(status=word)))
    assert lift(batch).status is status
    assert reasons(batch.notes) == [Reason.EMPTY_ENTITY] * (status is FacilityStatus.UNKNOWN)
    assert batch.complete


def test_a_status_that_is_no_word_of_siri_s_is_unknown() -> None:
    """With a note; nothing is guessed."""
    batch = parse(fm(condition(status="broken")))
    assert lift(batch).status is FacilityStatus.UNKNOWN
    assert reasons(batch.notes) == [Reason.BAD_VALUE, Reason.EMPTY_ENTITY]


def test_where_why_and_how_long() -> None:
    """Place (as on the boards), reason, and the period of the status before the facility's own."""
    about = (
        f'<Description xml:lang="zh">4号电梯</Description>{LIFT}'
        "<ValidityCondition><Period><StartTime>2026-01-01T00:00:00Z</StartTime></Period>"
        "</ValidityCondition><FacilityLocation><StopPointRef>SHH-1</StopPointRef>"
        "</FacilityLocation>"
    )
    tail = (
        "<ValidityPeriod><StartTime>2026-03-02T11:00:00+08:00</StartTime>"
        "<EndTime>2026-03-02T18:00:00+08:00</EndTime></ValidityPeriod>"
    )
    body = condition(about, tail=tail).replace(
        "</Status>", "</Status><Description>Lift broken</Description>"
    )
    found = lift(parse(fm(body), context("siri_fm")))
    assert (found.id, found.category) == ("railway:L4", "lift")
    assert found.name == Name(zh="4号电梯")
    assert found.stop_place_id == "railway:SHH"
    assert found.reason == Name(en="Lift broken")
    assert found.validity == (Period(at("11:00:00"), at("18:00:00")),)
    assert lift(parse(fm(body))).stop_place_id == "railway:SHH-1"


def test_a_facility_named_by_reference_only() -> None:
    """FacilityRef instead of the facility: its code is its name."""
    body = (
        "<FacilityCondition><FacilityRef>L4</FacilityRef><FacilityStatus><Status>available</Status>"
        "</FacilityStatus></FacilityCondition>"
    )
    assert lift(parse(fm(body))).name == Name(en="L4")


def test_parking_is_a_facility_and_what_is_free_in_it() -> None:
    """Vacant, occupied, open, park and ride; its age is the delivery's, the capacity not said."""
    tail = (
        counting("availabilityCount", "<Count>52</Count>")
        + counting("presentCount", "<Count>148</Count>", unit="vehicles")
        + counting("outOfOrderCount", "<Count>3</Count>")
        + "<FacilityUpdatedPosition><Longitude>121.45</Longitude><Latitude>31.25</Latitude>"
        "</FacilityUpdatedPosition>"
    )
    batch = parse(fm(condition(PARKING, code="P1", status="available", tail=tail)))
    facility, status = parking(batch)
    assert (facility.id, facility.park_and_ride, facility.capacity) == ("railway:P1", True, None)
    assert facility.position is not None
    assert facility.position.lat == 31.25
    assert (status.facility_id, status.vacant, status.occupied) == ("railway:P1", 52, 148)
    assert status.opening is OpeningStatus.OPEN
    assert status.observed_at == batch.as_of
    assert (batch.entities, batch.accepted) == (1, 1)


def test_a_closed_car_park_and_one_of_unknown_state() -> None:
    """notAvailable is closed; without a status it is not known whether it is open."""
    closed = condition(PARKING, tail=counting("availabilityCount", "<Count>0</Count>"))
    assert parking(parse(fm(closed)))[1].opening is OpeningStatus.CLOSED
    silent = condition(PARKING, status=None, tail=counting("availabilityCount", "<Count>7</Count>"))
    found = parking(parse(fm(silent)))[1]
    assert (found.opening, found.vacant) == (OpeningStatus.UNKNOWN, 7)


@pytest.mark.parametrize(
    "count",
    [
        counting(
            "availabilityCount",
            "<Count>4</Count>",
            more="<TypeOfCountedFeature><TypeOfValueCode>disabled</TypeOfValueCode>"
            "</TypeOfCountedFeature>",
        ),
        counting("availabilityCount", "<Count>-1</Count>"),
    ],
)
def test_a_count_that_is_not_that_of_all_spaces_is_not_used(count: str) -> None:
    """A part of the spaces, less than none: unknown, with a note."""
    batch = parse(fm(condition(PARKING, tail=count)))
    assert parking(batch)[1].vacant is None
    assert Reason.MISSING_FIELD in reasons(batch.notes)


@pytest.mark.parametrize(
    ("kind", "unit", "percent"),
    [("availabilityCount", "bays", 74), ("presentCount", "vehicles", 26), ("inUseCount", "", 26)],
)
def test_a_percentage_is_how_much_is_taken(kind: str, unit: str, percent: float) -> None:
    """What is counted as free leaves the rest; there is no capacity to count spaces of."""
    tail = counting(kind, "<Percentage>26</Percentage>", unit=unit)
    batch = parse(fm(condition(PARKING, tail=tail)))
    status = parking(batch)[1]
    assert status.occupancy_percent == percent
    assert (status.vacant, status.occupied) == (None, None)
    assert batch.notes == []


def test_a_car_park_of_which_nothing_is_said_is_noted() -> None:
    """Unknown and no count of spaces: what is counted besides is named."""
    tail = counting("outOfOrderCount", "<Count>3</Count>")
    batch = parse(fm(condition(PARKING, status="unknown", tail=tail)))
    assert parking(batch)[1].is_empty
    assert reasons(batch.notes) == [Reason.UNSUPPORTED_MESSAGE, Reason.EMPTY_ENTITY]


def test_counts_of_anything_else_are_no_parking() -> None:
    """Persons in a waiting room make no car park of it."""
    body = condition(tail=counting("presentCount", "<Count>9</Count>", unit="persons"))
    assert lift(parse(fm(body))).category == "lift"


def test_what_cannot_be_used_is_refused_with_its_reason() -> None:
    """Without a code, without anything said, twice in one delivery."""
    batch = parse(
        fm(condition(code=None), condition(code="L1", status=None), condition(), condition())
    )
    assert reasons(batch.rejects) == [
        Reason.MISSING_FIELD,
        Reason.EMPTY_ENTITY,
        Reason.DUPLICATE,
    ]
    assert (batch.entities, batch.accepted) == (4, 1)


@pytest.mark.samples
def test_the_example_s_lift() -> None:
    """The CEN example: lift 4 is broken; a third language stands in the English place."""
    found = lift(parse(sample("siri/exf_facilityMonitoring_response.xml")))
    assert (found.native_id, found.category) == ("134567-L4", "lift")
    assert found.status is FacilityStatus.NOT_AVAILABLE
    assert found.stop_place_id == "railway:HGALLES"
    assert found.name.en == "Les Halles sattion Lift 4"
    assert found.reason == Name(en="Lift Broken")
    assert len(found.validity) == 1
