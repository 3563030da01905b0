"""SIRI-SX: what becomes of a situation."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from connectors import connector
from hub.connector import Batch
from hub.errors import PayloadError, Reason
from hub.model.common import Mode, Name
from hub.model.situations import Affects, Period, Severity, Situation, SituationProgress
from tests.connectors.siri_documents import NOW, context, delivery, read
from tests.contract.mutations import sample

PERIOD = (
    "<ValidityPeriod><StartTime>2026-03-02T09:00:00+08:00</StartTime>"
    "<EndTime>2026-03-02T18:00:00+08:00</EndTime></ValidityPeriod>"
)
TEXT = '<Summary xml:lang="zh">沪宁线限速</Summary>'


def situation(inner: str, *, number: str | None = "17", element: str = "PtSituationElement") -> str:
    """A situation of participant SHR with a validity period."""
    named = f"<SituationNumber>{number}</SituationNumber>" if number else ""
    return (
        f"<{element}><CreationTime>2026-03-02T08:50:00+08:00</CreationTime>"
        f"<ParticipantRef>SHR</ParticipantRef>{named}{inner}</{element}>"
    )


def sx(*situations: str, **rest: str) -> Batch:
    """The batch of a SituationExchange document."""
    listed = f"<Situations>{''.join(situations)}</Situations>"
    return read(delivery(listed, service="SituationExchange", **rest), kind="siri_sx")


def only(batch: Batch) -> Situation:
    (record,) = batch.records
    assert isinstance(record, Situation)
    return record


WHOLE = situation(
    "<Version>3</Version><Progress>open</Progress>" + PERIOD + "<AlertCause>fog</AlertCause>"
    "<Severity>severe</Severity>" + TEXT + '<Summary xml:lang="en">Slow trains</Summary>'
    '<Description xml:lang="zh">晚点约20分钟</Description>'
    "<Affects><Modes><AffectedModes><Mode><VehicleMode>rail</VehicleMode></Mode>"
    "</AffectedModes></Modes><StopPoints><AffectedStopPoint><StopPointRef>SHH-2"
    "</StopPointRef></AffectedStopPoint></StopPoints><StopPlaces><AffectedStopPlace>"
    "<StopPlaceRef>XXX</StopPlaceRef></AffectedStopPlace></StopPlaces></Affects>"
    "<Consequences><Consequence><Condition>unknown</Condition></Consequence>"
    "<Consequence><Condition>delayed</Condition><Severity>verySevere</Severity><Affects>"
    "<Networks><AffectedNetwork><AffectedLine><LineRef>HN</LineRef></AffectedLine>"
    "</AffectedNetwork></Networks></Affects></Consequence></Consequences>"
)


def test_a_situation_is_read_whole() -> None:
    """Id, version, severity, cause, effect, texts by language, validity, and what it affects."""
    found = only(sx(WHOLE))
    assert found == Situation(
        id="railway:SHR:17",
        dataset="railway",
        native_id="SHR:17",
        version=3,
        mode=Mode.RAIL,
        severity=Severity.EXTREME,
        cause="fog",
        effect="delayed",
        progress=SituationProgress.OPEN,
        summary=Name(zh="沪宁线限速", en="Slow trains"),
        description=Name(zh="晚点约20分钟"),
        created_at=datetime(2026, 3, 2, 0, 50, tzinfo=UTC),
        validity=(
            Period(
                datetime(2026, 3, 2, 1, tzinfo=UTC),
                datetime(2026, 3, 2, 10, tzinfo=UTC),
            ),
        ),
        affects=Affects(stop_places=("railway:XXX", "railway:SHH"), lines=("railway:HN",)),
    )


@pytest.mark.parametrize("progress", ["closing", "closed", "draft", "pendingApproval"])
def test_what_is_over_or_not_yet_published_is_not_shown(progress: str) -> None:
    """Closed, closing and draft situations are CLOSED; open and published ones are OPEN."""
    inner = PERIOD + TEXT
    assert only(sx(situation(f"<Progress>{progress}</Progress>{inner}"))).progress == "CLOSED"
    assert only(sx(situation(f"<Progress>published</Progress>{inner}"))).progress == "OPEN"
    assert only(sx(situation(inner))).progress == "OPEN"


def test_a_network_names_the_mode_too() -> None:
    """SIRI 2 has VehicleMode in AffectedNetwork; two modes are none."""
    network = "<AffectedNetwork><VehicleMode>{}</VehicleMode></AffectedNetwork>"
    for words, mode in ((("metro",), Mode.METRO), (("metro", "rail"), None)):
        networks = "".join(network.format(word) for word in words)
        affects = f"<Affects><Networks>{networks}</Networks></Affects>"
        assert only(sx(situation(PERIOD + TEXT + affects))).mode is mode


def test_a_closing_message_without_text_withdraws_its_situation() -> None:
    """Some producers close a situation by its number alone."""
    batch = sx(situation("<Progress>closed</Progress>"))
    assert batch.withdrawn == ["railway:SHR:17"]
    assert (batch.entities, batch.accepted, batch.records) == (1, 1, [])


def test_an_open_situation_that_says_nothing_is_rejected() -> None:
    """Without a text the cause is the text; without both there is nothing to show."""
    fire = situation(PERIOD + "<AlertCause>fire</AlertCause>")
    assert only(sx(fire)).summary == Name(en="fire")
    assert [reject.reason for reject in sx(situation(PERIOD)).rejects] == [Reason.EMPTY_ENTITY]


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (situation(PERIOD + TEXT, number=None), Reason.MISSING_FIELD),
        (
            situation(
                PERIOD + TEXT + "<VersionedAtTime>2026-03-02T13:00:00+08:00</VersionedAtTime>"
            ),
            Reason.TIMESTAMP_IN_FUTURE,
        ),
        (
            situation(
                "<ValidityPeriod><StartTime>2026-03-02T09:00:00Z</StartTime>"
                f"<EndTime>2026-03-02T08:00:00Z</EndTime></ValidityPeriod>{TEXT}"
            ),
            Reason.BAD_VALUE,
        ),
    ],
)
def test_a_bad_situation_is_rejected_alone(element: str, reason: Reason) -> None:
    """The refused one has its reason; its neighbour is used, and nothing is withdrawn."""
    batch = sx(element, situation(PERIOD + TEXT, number="18"))
    assert [reject.reason for reject in batch.rejects] == [reason]
    assert only(batch).native_id == "SHR:18"
    assert not batch.complete


def test_the_higher_version_is_taken() -> None:
    """Twice the same situation: the higher version stays, wherever it stands."""
    old = situation(f"<Version>1</Version>{PERIOD}{TEXT}")
    new = situation(f"<Version>2</Version>{PERIOD}{TEXT}")
    for pair in ((old, new), (new, old)):
        batch = sx(*pair)
        assert only(batch).version == 2
        assert [reject.reason for reject in batch.rejects] == [Reason.DUPLICATE]
        assert batch.complete


def test_an_end_in_the_far_future_is_open() -> None:
    """The year 9999 means that there is no end; an unreadable end is open too, with a note."""
    start = "<StartTime>2026-03-02T09:00:00+08:00</StartTime>"
    for end, notes in (("9999-12-31T23:59:59Z", 0), ("soon", 1)):
        period = f"<ValidityPeriod>{start}<EndTime>{end}</EndTime></ValidityPeriod>"
        batch = sx(situation(period + TEXT))
        assert only(batch).validity == (Period(datetime(2026, 3, 2, 1, tzinfo=UTC), None),)
        assert len(batch.notes) == notes


def test_affected_journeys_are_dated() -> None:
    """A journey is named with its service day: from DataFrameRef, or from its planned departure."""

    def affected(inner: str) -> str:
        return (
            f"{PERIOD}{TEXT}<Affects><VehicleJourneys><AffectedVehicleJourney>{inner}"
            "</AffectedVehicleJourney></VehicleJourneys></Affects>"
        )

    framed = affected(
        "<FramedVehicleJourneyRef><DataFrameRef>2026-03-02</DataFrameRef>"
        "<DatedVehicleJourneyRef>t-G7001</DatedVehicleJourneyRef></FramedVehicleJourneyRef>"
    )
    assert only(sx(situation(framed))).affects.journeys == ("railway:t-G7001:2026-03-02",)
    plain = affected(
        "<VehicleJourneyRef>t-G7001</VehicleJourneyRef>"
        "<OriginAimedDepartureTime>2026-03-03T00:10:00+08:00</OriginAimedDepartureTime>"
    )
    assert only(sx(situation(plain))).affects.journeys == ("railway:t-G7001:2026-03-03",)
    undated = sx(situation(affected("<VehicleJourneyRef>t-G7001</VehicleJourneyRef>")))
    assert only(undated).affects.journeys == ()
    assert [note.reason for note in undated.notes] == [Reason.MISSING_FIELD]


def test_a_road_situation_is_another_situation() -> None:
    """A road situation may share participant and number with the public transport one."""
    batch = sx(situation(PERIOD + TEXT), situation(PERIOD + TEXT, element="RoadSituationElement"))
    assert [record.id for record in batch.records] == ["railway:SHR:17", "railway:SHR:17:road"]
    assert batch.accepted == 2


def test_who_reported_it_is_dropped() -> None:
    """Names and telephone numbers in Source leave no trace in the record."""
    source = "<Source><Name>张三</Name><Phone>13800000000</Phone></Source>"
    shown = repr(sx(situation(source + PERIOD + TEXT)))
    assert "张三" not in shown
    assert "13800000000" not in shown


def test_no_situation_is_a_valid_answer() -> None:
    """An answer without situations is complete: what was open is over."""
    batch = sx()
    assert (batch.entities, batch.complete) == (0, True)


def test_the_request_is_a_service_request_for_situations() -> None:
    """A poll POSTs a SituationExchangeRequest."""
    found = connector("siri_sx")
    assert found.request is not None
    request = found.request(context("siri_sx"), NOW)
    root = etree.fromstring(request.body)
    names = {"s": "http://www.siri.org.uk/siri"}
    assert root.find("s:ServiceRequest/s:SituationExchangeRequest", names) is not None


@pytest.mark.samples
def test_the_published_examples_are_read() -> None:
    """The standard's own examples: a bomb and a jam, a fire and its second message."""
    fire = only(read(sample("siri/SX_1010_first_message.xml"), kind="siri_sx"))
    assert fire.summary.en == "Line disruption between Luzernerhof and Verkehrshaus"
    assert fire.description == Name(en="Affected lines are 6, 8, 24 and 73")
    assert fire.affects.lines == (
        "railway:ch:vbl:VBL006", "railway:ch:vbl:VBL008", "railway:ch:vbl:VBL024"
    )  # fmt: skip
    update = only(read(sample("siri/SX_1022_main_message.xml"), kind="siri_sx"))
    assert (update.id, update.version) == (fire.id, 2)
    batch = read(sample("siri/exx_situationExchange_response.xml"), kind="siri_sx")
    assert [record.severity for record in batch.records] == [Severity.SEVERE, Severity.SEVERE]


FLAT = {
    "SituationNumber": {"value": "17"},
    "ParticipantRef": {"value": "SHR"},
    "CreationTime": "2026-03-02T08:50:00+08:00",
    "ValidityPeriod": [{"StartTime": "2026-03-02T09:00:00+08:00"}],
    "Summary": [{"value": "沪宁线限速", "lang": "zh"}],
}


def lite(situations: Any) -> Batch:
    """The batch of a SIRI-Lite document in JSON with that member Situations."""
    delivery = {"ResponseTimestamp": "2026-03-02T11:59:50+08:00", "Situations": situations}
    siri = {"Siri": {"ServiceDelivery": {"SituationExchangeDelivery": [delivery]}}}
    return read(json.dumps(siri), kind="siri_sx")


def test_situations_of_json_may_be_a_plain_list() -> None:
    """A list of the situations themselves is read like one of PtSituationElements."""
    wrapped = lite({"PtSituationElement": [FLAT, FLAT | {"SituationNumber": "18"}]})
    flat = lite([FLAT, FLAT | {"SituationNumber": "18"}])
    assert (flat.entities, flat.complete) == (2, True)
    assert flat.records == wrapped.records
    assert lite(FLAT).records == flat.records[:1]
    assert lite([{"PtSituationElement": FLAT}]).records == flat.records[:1]


@pytest.mark.parametrize("nothing", [[], {}, None, [{}], {"PtSituationElement": []}])
def test_an_empty_list_of_situations_is_a_complete_answer(nothing: Any) -> None:
    """However a producer writes that there are none."""
    batch = lite(nothing)
    assert (batch.entities, batch.complete) == (0, True)


@pytest.mark.parametrize(
    "unknown",
    [
        [{"id": "17", "text": "late"}],
        {"17": "late", "s18": {"Summary": "late"}},
        ["late"],
        "late",
        {"Situation": [FLAT]},
        {"17": FLAT},
        {"17": "late"},
    ],
)
def test_situations_of_another_shape_are_no_empty_list(unknown: Any) -> None:
    """What is not understood is refused as a whole: the last good state stays."""
    with pytest.raises(PayloadError) as caught:
        lite(unknown)
    assert caught.value.reason is Reason.UNSUPPORTED_MESSAGE
    assert "no PtSituationElement" in str(caught.value)
