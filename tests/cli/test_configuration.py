"""A configuration is refused with all that is wrong with it, in words a writer of TOML knows."""

from pathlib import Path
from typing import Any

import pytest

from connectors import connector
from hub import settings as configuration
from hub.complaints import ConfigError
from hub.errors import StartError
from hub.settings import FcmSettings, HubSettings, PushSettings, Settings, area_map_text, area_text
from liandong import configured, server
from liandong.cli import doctor, run
from liandong.configured import area_of
from sandbox.fcm.account import service_account
from tests.cli.test_errors import liandong

EVERYTHING_WRONG = """
[hub]
port = 0
log = "jsn"
colour = 1
area = "shanghai-railway-statoin"
[push.fcm]
credential = "x.json"
[[feeds]]
id = "metro"
kind = "gtfs_rtt"
url = "http://x/y"
interval = "soon"
secret_ref = "env:LIANDONG_NONE"
push_secret_ref = 7
[[feeds]]
id = "rail"
kind = "gtfs_rt"
url = "http://x/y"
mode = "METROO"
secret_ref = "env:LIANDONG_NO_SUCH"
options = { match = "idz", max_entitis = 3 }
[[feeds]]
id = "rail"
kind = "gtfs_rt"
ulr = "http://x/y"
[[feeds]]
kind = "gtfs"
url = "ftp://x"
timezone = "Mars"
enabled = 3
"""
SAID = (
    "hub.port = 0: expected 1 or more.",
    'hub.log = "jsn": expected one of console, json. Did you mean json?',
    "hub.colour: no such key.",
    "hub.area = 'shanghai-railway-statoin': no area of this name is known.",
    "push.fcm.credential: no such key. Did you mean credentials?",
    "push.fcm.credentials: is missing.",
    'feed metro: interval = "soon": expected seconds, or ISO 8601 such as "PT90S".',
    'feed metro: push_secret_ref = 7: expected text, in quotes ("...").',
    "feed metro: secret_ref 'env:LIANDONG_NONE': the environment variable is not set.",
    "feed metro: kind 'gtfs_rtt' is not known. Did you mean gtfs_rt?",
    "feed rail: mode = 'METROO': expected one of BUS, COACH, FERRY, METRO, RAIL, TRAM.",
    "feed rail: secret_ref 'env:LIANDONG_NO_SUCH': the environment variable is not set.",
    'feed rail: options.match = "idz": expected one of ids, ids-then-times. Did you mean ids?',
    "feed rail: options.max_entitis: no such key. Did you mean max_entities?",
    "feed rail: ulr: no such key. Did you mean url?",
    "feed rail: expected exactly one of url, listen, push = true.",
    "feeds: id 'rail' is used twice.",
    "feed number 4: id: is missing.",
    'feed number 4: url = "ftp://x": expected an http, https or file URL.',
    'feed number 4: timezone = "Mars": expected an IANA time zone such as Asia/Shanghai.',
    "feed number 4: enabled = 3: expected true or false.",
)
AREA = """
[interchange]
id = "x"
name_en = "X"
centre = [131.2, 21]
timezone = "Asia/Shangai"
stop_places = ["SHH"]
stopplaces = 3
[[units]]
code = "ABC"
name_en = "A"
kind = "POLCE"
[[units]]
name_en = "B"
kind = "POLICE"
[[taxi_ranks]]
id = "rank:north"
name_zh = "北"
position = [1, 2]
rank_area = [[1, 2], [3, 4]]
rank_capacity = -1
"""
AREA_SAID = (
    "interchange.centre.0 = 131.2: expected 90 or less.",
    'interchange.timezone = "Asia/Shangai": expected an IANA time zone such as Asia/Shanghai.',
    'interchange.stop_places.0 = "SHH": expected dataset:id, such as railway:SHH.',
    "interchange.stopplaces: no such key. Did you mean stop_places?",
    'units ABC: kind = "POLCE": expected one of ADMINISTRATION, POLICE,',
    "Did you mean POLICE?",
    "units number 2: code: is missing.",
    "taxi_ranks rank:north: rank_area = [[1, 2], [3, 4]]: expected 3 or more of them.",
    "taxi_ranks rank:north: holding_area: is missing.",
    "taxi_ranks rank:north: rank_capacity = -1: expected 0 or more.",
)
RAW = ("Input should be", "Field required", "Extra inputs", "[type=", "pydantic", "Value error")


def faults(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configured.load(file, connector)
    assert not [raw for raw in RAW if raw in str(caught.value)]
    return caught.value.problems


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    """Wrong keys and values of the hub, of every feed by its id, of their options, and the area."""
    file = tmp_path / "liandong.toml"
    file.write_text(EVERYTHING_WRONG)
    told = faults(file)
    assert [said for said in SAID if not any(one.startswith(said) for one in told)] == []
    assert len(told) == len(SAID)


def test_a_feed_with_a_bad_value_is_told_its_mode_too(tmp_path):
    """What cannot be read of a feed hides neither its mode nor the keys of its kind."""
    file = tmp_path / "liandong.toml"
    feed = 'id = "rail"\nkind = "gtfs_rt"\nurl = "http://x/y"\nmode = "TRAIN"\ninterval = -1'
    file.write_text(f"[[feeds]]\n{feed}\noptions = {{ match = 'idz' }}")
    said = "\n".join(faults(file))
    for key in ("interval", "mode", "options.match"):
        assert f"feed rail: {key} = " in said


def test_every_field_of_a_mapped_feed_is_told(tmp_path):
    """A name that no record has does not hide a path that cannot be read."""
    file = tmp_path / "liandong.toml"
    file.write_text(
        '[[feeds]]\nid = "rank"\nkind = "mapped"\nurl = "http://x/y"\n'
        'options = { record = "parking", items = "$[*]", fields = { id = "$$[", nme = "x" } }'
    )
    said = "\n".join(faults(file))
    assert "fields.id: " in said
    assert "fields.nme: no field of a " in said
    assert "whole file" not in said


def test_a_pattern_is_told_in_words(tmp_path):
    """Whoever writes an origin with a slash, a contact or a version reads what is expected."""
    file = tmp_path / "liandong.toml"
    file.write_text(
        '[hub]\nallowed_origins = ["https://desk.example/"]\n[push.webpush]\ncontact = "me"\n'
        '[[feeds]]\nid = "et"\nkind = "siri_et"\nurl = "http://x/y"\noptions = { version = "2" }'
    )
    said = "\n".join(faults(file))
    assert "no path, and no slash at its end." in said
    assert "expected mailto:NAME@HOST or https://" in said
    assert 'options.version = "2": expected a version such as 2.0.' in said
    assert "^" not in said


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_the_commands_tell_all_of_them(tmp_path, command):
    """`serve` ends with 2 and a numbered list; `doctor` marks each, and ends with 1."""
    file = tmp_path / "liandong.toml"
    file.write_text(EVERYTHING_WRONG)
    code, said, error = liandong(command, "--config", str(file), data_dir=tmp_path)
    assert code == (2 if command == "serve" else 1)
    assert [one for one in SAID if one not in said + error] == []
    assert "Traceback" not in error


def test_an_area_file_is_told_of_in_the_same_words(tmp_path):
    """Every fault of an area file, what is listed going by its code or id, with the file's name."""
    area = tmp_path / "my-area.toml"
    area.write_text(AREA)
    file = tmp_path / "liandong.toml"
    file.write_text(f'[hub]\narea = "{area}"\n')
    told = faults(file)
    assert all(one.startswith(f"area file {area}: ") for one in told)
    assert [said for said in AREA_SAID if not any(said in one for one in told)] == []
    area.write_text("[interchange\n")
    area_text.cache_clear()
    with pytest.raises(StartError, match="not a readable TOML file"):
        area_of(str(area))


NAMELESS = """
[interchange]
id = "x"
centre = [31.2, 121.4]
timezone = "Asia/Shangai"
[[units]]
code = "ABC"
kind = "POLICE"
[[units]]
code = "DEF"
name_en = ""
kind = "POLICE"
[[taxi_ranks]]
id = "rank:north"
position = [31.2, 121.4]
rank_area = []
holding_area = [[1, 2], [3, 4], [5, 6]]
rank_capacity = 1
holding_capacity = 1
"""


def test_an_area_file_that_lacks_names_is_told_each_of_them(tmp_path):
    """Beside whatever else is wrong with the same table."""
    area = tmp_path / "my-area.toml"
    area.write_text(NAMELESS)
    with pytest.raises(ConfigError) as caught:
        area_of(str(area))
    told = [one.removeprefix(f"area file {area}: ") for one in caught.value.problems]
    lacks = "expected name_zh, name_en or both."
    assert [one for one in told if lacks in one] == [
        f"interchange.name_en: {lacks}",
        f"units ABC: name_en: {lacks}",
        f'units DEF: name_en = "": {lacks}',
        f"taxi_ranks rank:north: name_en: {lacks}",
    ]
    assert any(one.startswith("interchange.timezone") for one in told)
    assert any(one.startswith("taxi_ranks rank:north: rank_area") for one in told)


def test_doctor_without_a_database_looks_at_all_the_rest(tmp_path):
    """The area file, feeds, push and keys; the database is one fault among them."""
    area, service = tmp_path / "my-area.toml", tmp_path / "service.json"
    area.write_text(NAMELESS)
    service.write_text("{}")
    file = tmp_path / "liandong.toml"
    feed = '[[feeds]]\nid = "a"\nkind = "gtfs"\nurl = "http://a/"\nsecret_ref = "env:LIANDONG_NONE"'
    file.write_text(f'[hub]\narea = "{area}"\n{feed}\n[push.fcm]\ncredentials = "{service}"\n')
    code, said, error = liandong("doctor", "--config", str(file), data_dir=tmp_path)
    assert (code, error) == (1, "")
    for word in (
        "✗ area file",
        "units ABC: name_en",
        "✗ feed a: secret_ref 'env:LIANDONG_NONE'",
        f"✗ 推送凭据 push: push.fcm.credentials = '{service}'",
        "· 签名密钥首次启动时生成",
        "✗ 没有数据库 No database",
        'database = "own"',
    ):
        assert word in said
    assert not (tmp_path / "secrets").exists()


def test_doctor_says_how_phones_are_woken(tmp_path, capsys):
    """With a service account, of which project, and where."""
    service_account(tmp_path, "http://127.0.0.1:1/token")
    findings = doctor._Findings()
    for endpoint, where in ((None, "Google"), ("http://push", "http://push")):
        fcm = FcmSettings(credentials=tmp_path / "service-account.json", endpoint=endpoint)
        doctor._push(findings, Settings(push=PushSettings(fcm=fcm)))
        said = capsys.readouterr().out
        assert "✓ 推送 push: FCM, 项目 project" in said
        assert said.rstrip().endswith(where)
    assert findings.bad == 0


def test_a_map_beside_an_area_file_is_checked(tmp_path: Path) -> None:
    """There may be none; one that cannot be drawn is refused with the first thing wrong."""
    mine = tmp_path / "mine.toml"
    mine.write_text(area_text("shanghai-railway-station"))
    assert area_of(str(mine)).map is None
    area_map_text.cache_clear()
    beside = mine.with_suffix(".geojson")
    for wrong in ("{", '{"type": "Feature"}', '{"type": "FeatureCollection", "features": [{}]}'):
        beside.write_text(wrong)
        area_map_text.cache_clear()
        with pytest.raises(StartError, match="not GeoJSON as expected"):
            area_of(str(mine))
    beside.write_text('{"type": "FeatureCollection", "features": []}')
    area_map_text.cache_clear()
    assert area_of(str(mine)).map == {"type": "FeatureCollection", "features": []}


def test_an_area_goes_by_name_or_by_path(tmp_path, monkeypatch):
    """A name of ours, an absolute path, a path from where the hub is started; nothing else."""
    named = area_of("shanghai-railway-station")
    (tmp_path / "mine.toml").write_text(area_text("shanghai-railway-station"))
    monkeypatch.chdir(tmp_path)
    assert area_of("mine.toml") == area_of(str(tmp_path / "mine.toml")) == named
    with pytest.raises(StartError, match="Known: shanghai-railway-station"):
        area_of("mine")
    with pytest.raises(StartError, match=r"nowhere\.toml cannot be read: No such file"):
        area_of("nowhere.toml")


@pytest.mark.parametrize(
    ("hub", "name"),
    [
        ({}, "liandong"),
        ({"mongodb_uri": "mongodb://a,b,c/?replicaSet=rs0"}, "liandong"),
        ({"mongodb_uri": "mongodb://a,b,c/area1?replicaSet=rs0"}, "area1"),
        ({"mongodb_uri": "mongodb://u:p%40ss@a:1,b/area%2D1"}, "area-1"),
        ({"mongodb_uri": "mongodb+srv://a.example.invalid/area1"}, "area1"),
        ({"mongodb_uri": "mongodb://a/admin", "database": "area2"}, "area2"),
    ],
)
def test_the_database_named_in_the_address_is_used(hub: dict[str, Any], name: str):
    """The path of the MongoDB URI, as every MongoDB tool has it; the key `database` goes before."""
    assert HubSettings.model_validate(hub).database == name


def test_the_address_of_the_environment_names_the_database_too(monkeypatch):
    """LIANDONG_MONGODB_URI is treated as the key is."""
    monkeypatch.setenv("LIANDONG_MONGODB_URI", "mongodb://a/from_env")
    assert configuration.load().hub.database == "from_env"


def test_a_variable_that_is_wrong_is_named(monkeypatch):
    """Who set LIANDONG_PORT looks there, not in a file."""
    monkeypatch.setenv("LIANDONG_PORT", "http")
    with pytest.raises(StartError) as caught:
        configuration.load()
    said = 'configuration: LIANDONG_PORT (hub.port) = "http": expected a whole number.'
    assert str(caught.value) == said


def test_who_only_sends_orders_needs_no_feed_s_secret(tmp_path, monkeypatch):
    """`serve --role dispatch` starts without what the feeds need; `ingest` does not."""
    file = tmp_path / "liandong.toml"
    table = '[[feeds]]\nid = "a"\nkind = "gtfs"\nurl = "http://x"\nsecret_ref = "env:LIANDONG_NO"\n'
    file.write_text(f'[hub]\nmongodb_uri = "mongodb://127.0.0.1:9/"\n{table}')
    started = []
    monkeypatch.setattr(server, "run", lambda settings, **_: started.append(settings))
    monkeypatch.chdir(tmp_path)
    run.serve(config=file, role="dispatch")
    assert [one.feeds[0].secret_ref for one in started] == ["env:LIANDONG_NO"]
    with pytest.raises(ConfigError, match="LIANDONG_NO"):
        run.serve(config=file, role="ingest")
    assert len(started) == 1


KIND = "gtfs_rt if not given: set it too."
LASTING = 'expected seconds, more than 0 and up to ten years, or ISO 8601 such as "PT90S".'


@pytest.mark.parametrize("key", ["interval", "timeout", "warn_after", "expire_after"])
@pytest.mark.parametrize(
    "value",
    [
        "inf",
        "-inf",
        "nan",
        "1e+300",
        "9e+16",
        "-5",
        "0",
        "true",
        '"PT0S"',
        '"-PT5S"',
        '"P9999999D"',
    ],
)
def test_a_duration_is_one(tmp_path, key: str, value: str):
    """Nothing, less than nothing, without end, no number, a flag: refused by key and value."""
    file = tmp_path / "liandong.toml"
    table = '[[feeds]]\nid = "a"\nkind = "gtfs_rt"\nurl = "http://x/y"\n'
    file.write_text(f"{table}{key} = {value}\n")
    assert faults(file) == [f"feed a: {key} = {value}: {LASTING}"]


@pytest.mark.parametrize("value", ["inf", "-1", "true"])
def test_the_time_to_accept_is_a_duration(tmp_path, value: str):
    """What the feeds' durations are held to, the orders' is too."""
    file = tmp_path / "liandong.toml"
    file.write_text(f"[orders]\naccept_within = {value}\n")
    assert faults(file) == [f"orders.accept_within = {value}: {LASTING}"]


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        (
            "warn_after = 1000000",
            "warn_after = 1000000: expected less than expire_after, which is 300 s for kind "
            + KIND,
        ),
        (
            "expire_after = 5",
            "expire_after = 5: expected more than warn_after (90 s for kind gtfs_rt if not given).",
        ),
        (
            "expire_after = 5\nwarn_after = 6",
            "expire_after = 5: expected more than warn_after (6 s).",
        ),
    ],
)
def test_an_age_nobody_wrote_is_said_to_be_the_kind_s(tmp_path, ages: str, said: str):
    """The complaint is of the key that stands in the file; the other one is the kind's."""
    file = tmp_path / "liandong.toml"
    file.write_text(f'[[feeds]]\nid = "a"\nkind = "gtfs_rt"\nurl = "http://x/y"\n{ages}\n')
    assert faults(file) == [f"feed a: {said}"]


@pytest.mark.parametrize(
    "name",
    ["a b", "a/b", "a\\b", "a.b", 'a"b', "$a", "a\0", "", "admin", "local", "a" * 64, "站" * 22],
)
def test_a_database_has_a_name_that_mongodb_takes(name: str):
    """Refused before anything is started; 63 bytes are enough, whatever they are."""
    with pytest.raises(ValueError, match="the name of a database: 1 to 63 bytes"):
        HubSettings(database=name)
    assert HubSettings(database="站" * 21).database == "站" * 21


@pytest.mark.parametrize("path", ["a%2Fb", "a.b", "a%20b", "admin"])
def test_an_address_with_an_impossible_database_ends_serve(tmp_path, path: str):
    """One line and code 2, which says where the name stands."""
    file = tmp_path / "liandong.toml"
    file.write_text(f'[hub]\nmongodb_uri = "mongodb://127.0.0.1:9/{path}"\n')
    code, _, error = liandong("serve", "--config", str(file), data_dir=tmp_path)
    assert code == 2
    assert len(error.strip().splitlines()) == 1
    assert "the path of mongodb_uri (hub.database) = " in error


def test_a_feed_without_an_id_goes_by_its_number(tmp_path):
    """In every line, of its keys, its endpoint, its kind and its options; so does an empty id."""
    file = tmp_path / "liandong.toml"
    file.write_text(
        '[[feeds]]\nkind = "gtfs_rtt"\n'
        '[[feeds]]\nid = ""\nkind = "gtfs_rt"\nurl = "http://x"\noptions = { matsch = 1 }\n'
        "[[feeds]]\nid = []\n[[feeds]]\nid = []\n"
    )
    told = faults(file)
    assert not [one for one in told if not one.startswith("feed number ")]
    assert "feed number 1: expected exactly one of url, listen, push = true." in told
    kind = "feed number 1: kind 'gtfs_rtt' is not known. Did you mean gtfs_rt?"
    assert any(one.startswith(kind) for one in told)
    assert "feed number 2: options.matsch: no such key. Did you mean match?" in told


def test_a_number_beyond_all_is_no_traceback(tmp_path):
    """What the reader of TOML cannot hold is told as any other unreadable file."""
    file = tmp_path / "liandong.toml"
    file.write_text(f"[hub]\nport = {'9' * 5000}\n")
    with pytest.raises(StartError, match="not a readable TOML file"):
        configuration.load(file)
