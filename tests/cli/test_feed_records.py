"""`feed check --records`: what would be stored, one JSON object a line, and nothing else."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bench.feed_data import schedule_zip
from connectors import REGISTRY, connector
from liandong.cli import feeds
from tests.connectors.siri_documents import call, et, gtfs, journey
from tests.contract.mutations import OPTIONS, PROJECT, STATIC, sample_path

REPORTED = "reported/timetable.zip"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "liandong.cli", "feed", "check", *arguments, "--records"]


def check(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the records, and what standard error says."""
    app = typer.Typer()
    feeds.register(app)
    done = CliRunner().invoke(app, ["feed", "check", *arguments, "--records"])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def reported(kind: str, name: str, *more: str) -> list[dict[str, Any]]:
    """The records of one of the reported files."""
    code, records, _ = check(kind, str(sample_path(f"reported/{name}")), *more)
    assert code == 0
    return records


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The timetable of `siri_documents`, as a file."""
    file = tmp_path_factory.mktemp("static") / "gtfs.zip"
    file.write_bytes(gtfs())
    return str(file)


def told(folder: Path, *journeys: str) -> str:
    """A SIRI-ET document, as a file."""
    file = folder / "et.xml"
    file.write_text(et(*journeys), encoding="utf-8")
    return str(file)


def test_a_journey_is_what_is_observed_over_what_is_planned(tmp_path: Path, static: str) -> None:
    """All calls of the trip, in order: the told one with its times, the others as planned."""
    source = told(tmp_path, journey(call("SHH-1", ExpectedDepartureTime="12:20:00")))
    code, (record,), said = check("siri_et", source, "--static", static)
    assert code == 0
    assert "接受 accepted 1" in said
    assert {name: record[name] for name in ("record", "id", "serviceDate", "state")} == {
        "record": "DatedJourney",
        "id": "feed-check:t-G7001:2026-03-02",
        "serviceDate": "2026-03-02",
        "state": "PLANNED",
    }
    calls = record["calls"]
    assert [one["order"] for one in calls] == sorted(one["order"] for one in calls)
    assert len(calls) > 1
    (seen,) = [one for one in calls if one["expectedDeparture"]]
    assert seen["expectedDeparture"] == "2026-03-02T04:20:00Z"
    assert set(calls[0]) >= {
        *("order", "stopPlace", "status", "aimedArrival", "aimedDeparture"),
        *("expectedArrival", "expectedDeparture", "actualArrival", "actualDeparture"),
    }
    assert {one["status"] for one in calls[1:]} == {"SCHEDULED"}
    assert calls[0]["aimedDeparture"].endswith("Z")
    assert calls[-1]["expectedDeparture"] is None


def test_without_a_timetable_a_journey_is_what_is_told(tmp_path: Path) -> None:
    """Its calls alone; what it does not say is null."""
    code, (record,), _ = check("siri_et", told(tmp_path, journey(call("SHH-1"))))
    assert code == 0
    (only,) = record["calls"]
    assert only["actualArrival"] is None
    assert record["destination"] is None or record["destination"]


@pytest.mark.samples
def test_the_reported_recording_is_one_journey_of_six_calls() -> None:
    """No seventh call; the call that was not recorded is shown in its place."""
    timetable = str(sample_path(REPORTED))
    (record,) = reported("siri_et", "et-missed-recording.xml", "--static", timetable)
    assert [one["order"] for one in record["calls"]] == [1, 2, 3, 4, 5, 6]
    assert record["id"].endswith("T1:2026-11-25")
    assert record["calls"][0]["actualDeparture"] == "2026-11-25T02:05:40Z"


@pytest.mark.samples
def test_the_reported_parking_is_shown() -> None:
    """Words and percentages; where only the opening is said, that is the word."""
    shown = [
        (one["record"], one["id"].partition(":")[2], one["status"], one["occupancyPercent"])
        for one in reported("datex2_parking", "datex-full-and-percent.xml")
    ]
    assert shown == [
        ("ParkingStatus", "FULL", "FULL", None),
        ("ParkingStatus", "FULLENT", "FULL_AT_ENTRANCE", None),
        ("ParkingStatus", "SPACES", "SPACES_AVAILABLE", None),
        ("ParkingStatus", "ALMOST", "FULL", None),
        ("ParkingStatus", "PCT100", None, 100),
    ]


@pytest.mark.samples
def test_what_is_not_known_is_null_and_what_is_taken_back_is_counted() -> None:
    """A car park that tells nothing; a CAP Cancel gives no record, and is not nothing."""
    lots = check("parkapi", str(sample_path("parkapi-json/parkapi-reutlingen.json")))[1]
    told = next(one for one in lots if one["record"] == "ParkingStatus")
    assert {told[name] for name in ("vacant", "occupancyPercent", "status", "opening")} == {None}
    _, records, said = check("cap", str(sample_path("cap/no_info_tag.cap")))
    assert [one["record"] for one in records] == ["Withdrawal"]
    assert "撤回 withdrawn 1" in said


@pytest.mark.samples
def test_the_reported_situations_show_their_periods() -> None:
    """RFC 3339 in UTC, null for an open side."""
    found = {one["id"]: one["validity"] for one in reported("siri_sx", "sx-ends-at-24.xml")}
    assert found["feed-check:A:5"] == [
        {"start": "2026-11-25T00:00:00Z", "end": "2026-11-25T16:00:00Z"}
    ]
    assert found["feed-check:A:1"] == [{"start": "2026-11-25T00:00:00Z", "end": None}]


@pytest.mark.samples
@pytest.mark.parametrize("day", ["2026-11-25", "2027-02-03"])
def test_a_timetable_shows_the_days_around_the_moment_asked_for(day: str) -> None:
    """--at chooses: the day before, the day itself and the day after, as they would be stored."""
    records = reported("gtfs", "timetable.zip", "--at", f"{day}T10:00:00+08:00")
    days = {one["serviceDate"] for one in records if one["record"] == "DatedJourney"}
    assert len(days) == 3
    assert sorted(days)[1] == day
    assert {"StopPlace", "Line"} <= {one["record"] for one in records}


@pytest.mark.samples
@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_every_kind_prints_its_records(kind: str, tmp_path: Path) -> None:
    """A line for each record: what it is, its id, keys in camelCase, nothing cut off."""
    more = ["--static", str(sample_path(STATIC[kind]))] if kind in STATIC else []
    if kind in OPTIONS:
        options = tmp_path / "options.toml"
        options.write_text(_toml(OPTIONS[kind]), encoding="utf-8")
        more += ["--options", str(options)]
    source = str(sample_path(connector(kind).samples[0]))
    code, records, said = check(kind, source, *more)
    assert code == 0
    assert f"{kind}: 实体 entities" in said
    for record in records:
        assert next(iter(record)) == "record"
        assert record["id"].startswith("feed-check:") or kind == "cap"
        assert all("_" not in key for key in _keys(record))


def _toml(options: dict[str, Any]) -> str:
    fields = options["fields"]
    lines = [f"{key} = {json.dumps(value)}" for key, value in options.items() if key != "fields"]
    lines.append("[fields]")
    for name, source in fields.items():
        if isinstance(source, str):
            lines.append(f"{name} = {json.dumps(source)}")
        else:
            table = ", ".join(f"{k} = {json.dumps(v)}" for k, v in source["values"].items())
            lines.append(f'{name} = {{ from = "{source["from"]}", values = {{ {table} }} }}')
    return "\n".join(lines)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_what_is_no_payload_is_one_line_and_no_record(tmp_path: Path) -> None:
    """Exit 1, the reason on standard error, nothing on standard output."""
    file = tmp_path / "x.xml"
    file.write_text("<html/>", encoding="utf-8")
    code, records, said = check("siri_et", str(file))
    assert (code, records, said.count("\n")) == (1, [], 1)
    assert said.startswith("feed check: ")


def test_records_and_json_are_two_things(tmp_path: Path) -> None:
    """Standard output is either; both at once is a mistake of the caller's."""
    code, records, said = check("siri_et", told(tmp_path, journey(call("SHH-1"))), "--json")
    assert (code, records) == (2, [])
    assert "--json, --records" in said


def test_a_reader_may_leave_early(tmp_path: Path) -> None:
    """`| head -1`: the command ends with 0, and says nothing of a broken pipe."""
    file = tmp_path / "gtfs.zip"
    file.write_bytes(schedule_zip(trips=300, calls=20))
    with subprocess.Popen(
        command("gtfs", str(file)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PROJECT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["record"]
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(300) == 0
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def test_a_full_disk_is_one_line() -> None:
    """What cannot be written is no success."""
    source = str(PROJECT / connector("coach_profile").samples[0])
    with open("/dev/full", "wb") as full:  # noqa: PTH123  # a device
        done = subprocess.run(
            command("coach_profile", source),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=300,
            cwd=PROJECT,
        )
    assert done.returncode == 1
    assert b"cannot be written" in done.stderr
    assert b"Traceback" not in done.stderr


def test_ctrl_c_ends_without_a_traceback(tmp_path: Path) -> None:
    """While it reads: exit 130."""
    pipe = tmp_path / "et.xml"
    os.mkfifo(pipe)
    with subprocess.Popen(command("siri_et", str(pipe)), stderr=subprocess.PIPE, cwd=PROJECT) as p:
        with pipe.open("wb"):  # waits until it is read: the command has started
            # Python drops an interrupt that falls into a destructor: press again
            for _ in range(20):
                p.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    p.wait(5)
                    break
        assert p.stderr is not None
        said = p.stderr.read().decode()
    assert p.returncode == 130
    assert "Traceback" not in said


@pytest.mark.parametrize("whole", [True, False])
def test_nobody_boards_what_does_not_call(tmp_path: Path, static: str, whole: bool) -> None:
    """A cancelled or skipped call stays on its boards, and its record says that nobody may."""
    off = call("SHH-1", Cancellation="true", ExpectedDepartureTime="12:20:00")
    told_of = journey(off, head="<Cancellation>true</Cancellation>") if whole else journey(off)
    code, (record,), _ = check("siri_et", told(tmp_path, told_of), "--static", static)
    assert code == 0
    gone = [one for one in record["calls"] if one["status"] in {"CANCELLED", "SKIPPED"}]
    assert gone
    assert not any(one["boarding"] or one["alighting"] for one in gone)
