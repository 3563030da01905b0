"""DATEX II parking publications of both generations, static and dynamic."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from given import AT, notes, read, refusals, sample

from hub.errors import PayloadError, Reason
from hub.model.common import Name, Position
from hub.model.parking import OpeningStatus, ParkingSiteStatus

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def model(inner: str, *, time: str = "2026-03-02T16:00:00+08:00", version: str = "2") -> bytes:
    return (
        f'<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" {XSI} modelBaseVersion="{version}">'
        f"<exchange/><payloadPublication xsi:type='GenericPublication'>"
        f"<publicationTime>{time}</publicationTime>"
        f"<genericPublicationExtension>{inner}</genericPublicationExtension>"
        "</payloadPublication></d2LogicalModel>"
    ).encode()


def statuses(*inner: str, **more: str) -> bytes:
    return model(f"<parkingStatusPublication>{''.join(inner)}</parkingStatusPublication>", **more)


def status(ident: str = "P1", origin: str | None = "2026-03-02T07:58:00Z", **more: object) -> str:
    counts = {"SpacesOverride": 100, "VacantSpaces": 40, "OccupiedSpaces": 60} | more
    inner = "".join(
        f"<parkingNumberOf{name}>{value}</parkingNumberOf{name}>"
        for name, value in counts.items()
        if value is not None
    )
    time = f"<parkingStatusOriginTime>{origin}</parkingStatusOriginTime>" if origin else ""
    return (
        f'<parkingRecordStatus><parkingRecordReference id="{ident}"/>{time}'
        f"<parkingOccupancy>{inner}</parkingOccupancy>"
        "<parkingSiteOpeningStatus>open</parkingSiteOpeningStatus></parkingRecordStatus>"
    )


def record(ident: str = "P1", name: str = "地下车库", spaces: str = "120", where: str = "") -> str:
    where = where or "<latitude>31.2</latitude><longitude>121.3</longitude>"
    return (
        f'<parkingRecord id="{ident}"><parkingName><values><value lang="zh">{name}</value>'
        f'<value lang="en">Garage</value></values></parkingName>'
        f"<parkingNumberOfSpaces>{spaces}</parkingNumberOfSpaces><parkingLocation>"
        f"<pointByCoordinates><pointCoordinates>{where}</pointCoordinates></pointByCoordinates>"
        "</parkingLocation></parkingRecord>"
    )


def facilities(*inner: str) -> bytes:
    table = f"<parkingTable>{''.join(inner)}</parkingTable>"
    return model(f"<parkingTablePublication>{table}</parkingTablePublication>")


def test_a_facility_with_its_name_place_and_spaces() -> None:
    """A parkingRecord becomes a ParkingFacility, in both languages."""
    batch = read("datex2_parking", facilities(record()))
    (facility,) = batch.records
    assert (facility.id, facility.name) == ("ds:P1", Name(zh="地下车库", en="Garage"))
    assert (facility.position, facility.capacity) == (Position(31.2, 121.3), 120)
    assert not facility.park_and_ride
    assert batch.complete
    assert batch.as_of == AT


def test_a_status_is_as_old_as_it_says_itself() -> None:
    """The publication is fresh, the status hours old: its own time counts."""
    old = status("P2", origin="2026-03-02T04:00:00Z")
    batch = read("datex2_parking", statuses(status(), old))
    first, second = batch.records
    assert first.facility_id == "ds:P1"
    assert (first.vacant, first.occupied, first.capacity) == (40, 60, 100)
    assert first.opening is OpeningStatus.OPEN
    assert first.observed_at == AT - timedelta(minutes=2)
    assert second.observed_at == AT - timedelta(hours=4)
    assert (batch.as_of, batch.complete) == (AT, True)


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("1970-01-01T01:00:00.000+01:00", "TIMESTAMP_EPOCH"),
        ("0001-01-01T00:00:00Z", "TIMESTAMP_EPOCH"),
        ("2026-03-02T08:06:00Z", "TIMESTAMP_IN_FUTURE"),
    ],
)
def test_a_time_that_cannot_be_leaves_the_counts(origin: str, reason: str) -> None:
    """A default that leaked out and a clock that runs ahead: the age of the counts is not known."""
    (known,) = read("datex2_parking", statuses(status("P2"))).records
    batch = read("datex2_parking", statuses(status(), status("P2", origin=origin)))
    assert batch.records[1] == replace(known, observed_at=None)
    assert known.vacant is not None
    assert notes(batch) == [(reason, "P2")]
    assert batch.complete


def test_a_status_without_a_time_is_of_unknown_age() -> None:
    """The publication's time is not lent to it."""
    batch = read("datex2_parking", statuses(status(origin=None)))
    assert batch.records[0].observed_at is None
    assert notes(batch) == [("TIMESTAMP_MISSING", "P1")]


def test_times_without_a_zone_are_the_feeds() -> None:
    """Shanghai, as configured."""
    batch = read("datex2_parking", statuses(status(origin="2026-03-02T15:00:00")))
    assert batch.records[0].observed_at == datetime(2026, 3, 2, 7, tzinfo=UTC)


def test_bad_counts_are_noted_and_unknown() -> None:
    """A negative number is no number of spaces; vehicles stand in for occupied spaces.

    What is vacant follows from them then.
    """
    told = status(VacantSpaces=-3, OccupiedSpaces=None, Vehicles=55)
    batch = read("datex2_parking", statuses(told))
    assert (batch.records[0].vacant, batch.records[0].occupied) == (45, 55)
    assert notes(batch) == [("BAD_VALUE", "P1")]


def test_against_a_reference_unknown_facilities_are_refused() -> None:
    """The static publication lends its capacity, and says what there is."""
    dynamic = statuses(status(SpacesOverride=None), status("P9"))
    batch = read("datex2_parking", dynamic, static=facilities(record()))
    (known,) = batch.records
    assert (known.capacity, batch.matched_stops) == (120, 1)
    assert refusals(batch) == [("UNKNOWN_STOP", "P9")]
    with pytest.raises(PayloadError):
        read("datex2_parking", dynamic, static=dynamic)


def test_what_stands_in_brackets_is_no_part_of_the_id() -> None:
    """`1035[P+R Bondorf]` is the facility 1035."""
    batch = read("datex2_parking", statuses(status("1035[P+R Bondorf]")))
    assert batch.records[0].facility_id == "ds:1035"


def test_a_facility_or_status_said_twice_is_taken_once() -> None:
    """Of two statuses the one observed later counts."""
    newer = status(VacantSpaces=39, origin="2026-03-02T07:59:00Z")
    batch = read("datex2_parking", statuses(status(), newer))
    assert [found.vacant for found in batch.records] == [39]
    assert refusals(batch) == [("DUPLICATE", "P1")]
    assert refusals(read("datex2_parking", facilities(record(), record()))) == [("DUPLICATE", "P1")]


def test_facilities_that_nobody_can_name_are_refused() -> None:
    """Without an id or a name; a place in metres leaves the facility without one."""
    metres = "<latitude>5402496</latitude><longitude>512788</longitude>"
    nameless = (
        '<parkingRecord id="P3"><parkingNumberOfSpaces>1</parkingNumberOfSpaces></parkingRecord>'
    )
    batch = read(
        "datex2_parking", facilities(record("", "x"), nameless, record("P4", where=metres))
    )
    assert refusals(batch) == [("MISSING_FIELD", "(no id)"), ("MISSING_FIELD", "P3")]
    assert batch.records[0].position is None
    assert notes(batch) == [("POSITION_OUT_OF_RANGE", "P4")]


@pytest.mark.parametrize("name", ["P+R 虹桥", "P&R Hongqiao", "Park and Ride East"])
def test_park_and_ride_by_name(name: str) -> None:
    """A name that begins with P+R says so."""
    body = facilities(record(name=name.replace("&", "&amp;")))
    assert read("datex2_parking", body).records[0].park_and_ride


def test_park_and_ride_by_scenario() -> None:
    """ParkingUsageScenario parkAndRide says so."""
    scenario = "<parkingUsageScenario><parkingUsageScenario>parkAndRide</parkingUsageScenario>"
    body = record().replace(
        "<parkingLocation>", f"{scenario}</parkingUsageScenario><parkingLocation>"
    )
    assert read("datex2_parking", facilities(body)).records[0].park_and_ride


def told(inner: str, occupancy: str = "") -> str:
    """A parkingRecordStatus with these elements and no counts."""
    return (
        '<parkingRecordStatus><parkingRecordReference id="P1"/>'
        "<parkingStatusOriginTime>2026-03-02T07:58:00Z</parkingStatusOriginTime>"
        f"<parkingOccupancy>{occupancy}</parkingOccupancy>{inner}</parkingRecordStatus>"
    )


def legacy(*inner: str) -> bytes:
    """A parkingFacilityStatus with these elements and no counts."""
    return model(
        "<parkingFacilityTableStatusPublication><parkingFacilityStatus>"
        f'<parkingFacilityReference id="P1"/>{"".join(inner)}'
        "<parkingFacilityStatusTime>2026-03-02T07:58:00Z</parkingFacilityStatusTime>"
        "</parkingFacilityStatus></parkingFacilityTableStatusPublication>"
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("full", ParkingSiteStatus.FULL),
        ("fullAtEntrance", ParkingSiteStatus.FULL_AT_ENTRANCE),
        ("almostFull", ParkingSiteStatus.ALMOST_FULL),
        ("spacesAvailable", ParkingSiteStatus.SPACES_AVAILABLE),
    ],
)
def test_a_status_word_alone_is_carried(word: str, status: ParkingSiteStatus) -> None:
    """In both generations; without a capacity there is no count to it, and no note is due."""
    newer = statuses(told(f"<parkingSiteStatus>{word}</parkingSiteStatus>"))
    older = legacy(f"<parkingFacilityStatus>{word}</parkingFacilityStatus>")
    for body in (newer, older):
        batch = read("datex2_parking", body)
        (found,) = batch.records
        assert (found.status, found.vacant, found.occupied) == (status, None, None)
        assert found.opening is OpeningStatus.UNKNOWN
        assert notes(batch) == []


def test_open_and_full_at_once() -> None:
    """Two words of one status: the one is of its opening, the other of its spaces."""
    words = [f"<parkingFacilityStatus>{w}</parkingFacilityStatus>" for w in ("open", "full")]
    (found,) = read("datex2_parking", legacy(*words)).records
    assert (found.opening, found.status) == (OpeningStatus.OPEN, ParkingSiteStatus.FULL)


def test_a_percentage_alone_is_carried() -> None:
    """In both generations, with fractions, and over a hundred where people park anywhere."""
    for body, percent in (
        (legacy("<parkingFacilityOccupancy>100</parkingFacilityOccupancy>"), 100),
        (statuses(told("", "<parkingOccupancy>26.43</parkingOccupancy>")), 26.43),
        (statuses(told("", "<parkingOccupancy>104</parkingOccupancy>")), 104),
        (
            statuses(told("", "<parkingOccupancyGraded>percentage40</parkingOccupancyGraded>")),
            40,
        ),
    ):
        batch = read("datex2_parking", body)
        (found,) = batch.records
        assert (found.occupancy_percent, found.vacant, found.occupied) == (percent, None, None)
        assert notes(batch) == []


@pytest.mark.parametrize(
    ("occupancy", "word", "spaces"),
    [
        ("<parkingOccupancy>75</parkingOccupancy>", "spacesAvailable", (30, 90)),
        ("<parkingOccupancy>110</parkingOccupancy>", "full", (0, 132)),
        ("", "full", (0, 120)),
        ("", "fullAtEntrance", (None, None)),
        ("", "almostFull", (None, None)),
        ("<parkingNumberOfVacantSpaces>31</parkingNumberOfVacantSpaces>", "full", (31, 89)),
    ],
)
def test_counts_follow_where_the_capacity_is_known(
    occupancy: str, word: str, spaces: tuple[int | None, int | None]
) -> None:
    """From the percentage, else from full; a count that is told is not overruled."""
    body = statuses(told(f"<parkingSiteStatus>{word}</parkingSiteStatus>", occupancy))
    (found,) = read("datex2_parking", body, static=facilities(record())).records
    assert (found.vacant, found.occupied) == spaces


@pytest.mark.parametrize(
    ("inner", "occupancy", "reasons"),
    [
        ("", "", ["EMPTY_ENTITY"]),
        ("<parkingSiteStatus>unknown</parkingSiteStatus>", "", ["EMPTY_ENTITY"]),
        ("<parkingSiteStatus>other</parkingSiteStatus>", "", ["BAD_VALUE", "EMPTY_ENTITY"]),
        ("", "<parkingOccupancy>-1</parkingOccupancy>", ["BAD_VALUE", "EMPTY_ENTITY"]),
        ("", "<parkingOccupancy>999</parkingOccupancy>", ["BAD_VALUE", "EMPTY_ENTITY"]),
        ("", "<parkingOccupancyTrend>stable</parkingOccupancyTrend>", ["EMPTY_ENTITY"]),
        (
            "<parkingSiteFullAtFloor>2</parkingSiteFullAtFloor>",
            "<parkingNumberOfVacantSpacesLowerThan>5</parkingNumberOfVacantSpacesLowerThan>",
            ["UNSUPPORTED_MESSAGE", "UNSUPPORTED_MESSAGE", "EMPTY_ENTITY"],
        ),
    ],
)
def test_a_status_that_carries_nothing_is_noted(
    inner: str, occupancy: str, reasons: list[str]
) -> None:
    """It stands for unknown, and what it says besides is named."""
    batch = read("datex2_parking", statuses(told(inner, occupancy)))
    (found,) = batch.records
    assert found.is_empty
    assert notes(batch) == [(reason, "P1") for reason in reasons]


def test_where_parking_is_not_allowed_it_is_closed() -> None:
    """parkingNotAllowed is an abnormal closure."""
    body = statuses(told("", "<parkingNotAllowed>true</parkingNotAllowed>"))
    assert read("datex2_parking", body).records[0].opening is OpeningStatus.CLOSED


@pytest.mark.samples
def test_the_reported_statuses_reach_the_reader() -> None:
    """Full, full at the entrance, spaces available, open and full, and 100 %: each is carried."""
    arrived = datetime(2026, 11, 25, 2, tzinfo=UTC)
    batch = read("datex2_parking", sample("reported/datex-full-and-percent.xml"), at=arrived)
    assert [(one.status, one.occupancy_percent) for one in batch.records] == [
        (ParkingSiteStatus.FULL, None),
        (ParkingSiteStatus.FULL_AT_ENTRANCE, None),
        (ParkingSiteStatus.SPACES_AVAILABLE, None),
        (ParkingSiteStatus.FULL, None),
        (None, 100),
    ]
    assert batch.records[3].opening is OpeningStatus.OPEN


LEGACY_STATUS = """<parkingFacilityTableStatusPublication>
<parkingFacilityStatus><parkingFacilityReference id="12" targetClass="ParkingFacility"/>
<parkingFacilityStatus>spacesAvailable</parkingFacilityStatus>
<parkingFacilityStatus>{word}</parkingFacilityStatus>
<parkingFacilityStatusTime>2026-03-02T07:59:30Z</parkingFacilityStatusTime>
<totalNumberOfOccupiedParkingSpaces>36</totalNumberOfOccupiedParkingSpaces>
<totalNumberOfVacantParkingSpaces>229</totalNumberOfVacantParkingSpaces>
<assignedParkingSpacesStatus index="1"><assignedParkingSpacesStatus>
<numberOfVacantAssignedParkingSpaces>5</numberOfVacantAssignedParkingSpaces>
</assignedParkingSpacesStatus></assignedParkingSpacesStatus>
</parkingFacilityStatus></parkingFacilityTableStatusPublication>"""


@pytest.mark.parametrize(
    ("word", "opening"),
    [
        ("open", OpeningStatus.OPEN),
        ("closed", OpeningStatus.CLOSED),
        ("statusUnknown", OpeningStatus.UNKNOWN),
    ],
)
def test_the_older_status_publication(word: str, opening: OpeningStatus) -> None:
    """The word inside a parkingFacilityStatus has its name, and is no status of its own."""
    batch = read("datex2_parking", model(LEGACY_STATUS.format(word=word)))
    (found,) = batch.records
    assert (found.facility_id, found.vacant, found.occupied) == ("ds:12", 229, 36)
    assert found.opening is opening
    assert batch.entities == 1


def soap(inner: bytes) -> bytes:
    text = inner.decode()
    return (
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        f"{text}</S:Body></S:Envelope>"
    ).encode()


def test_a_soap_envelope_is_taken_off() -> None:
    """The same publication, bare or in SOAP, is the same batch."""
    body = statuses(status())
    assert read("datex2_parking", soap(body)) == read("datex2_parking", body)


def test_faults_and_other_publications_are_no_empty_table() -> None:
    """A SOAP fault, a denied exchange, a SituationPublication, plain XML: each with its reason."""
    fault = soap(b"<S:Fault><faultstring>no contract</faultstring></S:Fault>")
    denied = statuses().replace(b"<exchange/>", b"<exchange><denyReason>x</denyReason></exchange>")
    other = model("").replace(b"GenericPublication", b"SituationPublication")
    for body, reason in (
        (fault, Reason.SOURCE_ERROR),
        (denied, Reason.SOURCE_ERROR),
        (other, Reason.UNSUPPORTED_MESSAGE),
        (b"<a/>", Reason.UNSUPPORTED_MESSAGE),
        (b"<!DOCTYPE a><d2LogicalModel/>", Reason.DTD_FORBIDDEN),
    ):
        with pytest.raises(PayloadError) as caught:
            read("datex2_parking", body)
        assert caught.value.reason is reason


def test_an_empty_publication_is_complete() -> None:
    """It says that there is nothing."""
    batch = read("datex2_parking", statuses())
    assert (batch.entities, batch.complete) == (0, True)


@pytest.mark.parametrize("word", ["unknown", "statusUnknown"])
def test_nothing_vacant_beside_an_unknown_status_is_a_default(word: str) -> None:
    """A car park nobody knows of is not full; what is counted beside a known word counts."""
    told = f"<parkingSiteStatus>{word}</parkingSiteStatus></parkingRecordStatus>"
    silent = status(VacantSpaces=0, OccupiedSpaces=0).replace("</parkingRecordStatus>", told)
    full = status("P2", VacantSpaces=0, OccupiedSpaces=100)
    counted = status("P3").replace("</parkingRecordStatus>", told)
    batch = read("datex2_parking", statuses(silent, full, counted))
    assert [(one.vacant, one.occupied) for one in batch.records] == [
        (None, None),
        (0, 100),
        (40, 60),
    ]
    assert notes(batch) == [("BAD_VALUE", "P1")]


def test_more_spaces_free_than_there_are_is_unknown() -> None:
    """Nobody knows which number is wrong; a board must not say 130 of 100."""
    batch = read("datex2_parking", statuses(status(VacantSpaces=130, OccupiedSpaces=None)))
    assert [(one.vacant, one.capacity) for one in batch.records] == [(None, 100)]
    assert notes(batch) == [("BAD_VALUE", "P1")]


def test_a_facility_without_a_location_is_where_its_entrance_is() -> None:
    """Older profiles give the entrance and nothing else."""
    where = "<latitude>31.2</latitude><longitude>121.3</longitude>"
    facility = (
        '<parkingFacility id="P1"><parkingFacilityName>东广场</parkingFacilityName>'
        "<entranceLocation>"
        f"<pointByCoordinates><pointCoordinates>{where}</pointCoordinates></pointByCoordinates>"
        "</entranceLocation></parkingFacility>"
    )
    table = f"<parkingFacilityTable>{facility}</parkingFacilityTable>"
    batch = read(
        "datex2_parking",
        model(f"<parkingFacilityTablePublication>{table}</parkingFacilityTablePublication>"),
    )
    assert [one.position for one in batch.records] == [Position(31.2, 121.3)]


def test_what_is_not_read_never_looks_like_no_parking() -> None:
    """Sums over an area beside facilities are noted; a publication of nothing else is refused."""
    area = '<parkingAreaStatus><parkingAreaReference id="A"/></parkingAreaStatus>'
    batch = read("datex2_parking", statuses(area, area, status()))
    assert (batch.entities, notes(batch)) == (1, [("UNSUPPORTED_MESSAGE", "parkingAreaStatus")])
    newer = (
        f'<d:payload xmlns:d="urn:d" xmlns:p="urn:p" {XSI} xsi:type="p:ParkingStatusPublication"'
        ' modelBaseVersion="3"><p:parkingStatusInformation/></d:payload>'
    )
    with pytest.raises(PayloadError) as caught:
        read("datex2_parking", newer.encode())
    assert caught.value.reason is Reason.UNSUPPORTED_VERSION


def test_the_version_stands_where_the_publication_is_wrapped() -> None:
    """A messageContainer has none of its own; its payload's counts."""
    body = (
        f'<m:messageContainer xmlns:m="urn:m" xmlns:p="urn:p" {XSI}>'
        '<m:payload xsi:type="p:ParkingStatusPublication" modelBaseVersion="3">'
        f"{status()}</m:payload></m:messageContainer>"
    )
    batch = read("datex2_parking", body.encode())
    assert (batch.accepted, notes(batch)) == (1, [("UNSUPPORTED_VERSION", "header")])


def test_a_publication_typed_by_xsi_and_another_version() -> None:
    """Profiles put the publication's kind into xsi:type; version 3 is read with a note."""
    body = (
        f'<payload {XSI} xsi:type="prk:ParkingStatusPublication" modelBaseVersion="3">'
        f"<publicationTime>2026-03-02T08:00:00Z</publicationTime>{status()}</payload>"
    ).encode()
    batch = read("datex2_parking", body)
    assert len(batch.records) == 1
    assert notes(batch) == [("UNSUPPORTED_VERSION", "header")]


@pytest.mark.samples
def test_contacts_and_owners_are_dropped() -> None:
    """Nothing of the owner element of the sample is in a record."""
    body = sample("datex2-parking/vrs_kirchheim-static.xml")
    named = body.replace(b"<contactName/>", b"<contactName>Zhang San</contactName>")
    assert named != body
    batch = read("datex2_parking", named)
    assert "Zhang" not in repr(batch)
    assert all(facility.park_and_ride for facility in batch.records)


@pytest.mark.samples
def test_aachen_has_statuses_of_days_ago_in_a_fresh_publication() -> None:
    """Of 17 statuses 4 are over an hour older than their publication."""
    body = sample("datex2-parking/aachen-realtime.xml")
    batch = read("datex2_parking", body)
    old = [s for s in batch.records if batch.as_of - s.observed_at > timedelta(hours=1)]
    assert (len(batch.records), len(old)) == (17, 4)
