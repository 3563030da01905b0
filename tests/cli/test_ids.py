"""`liandong feed ids`: propose, list, confirm, correct, reject, from the server's shell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.store.documents import AuditDoc
from hub.store.driver import Store


def place(key: str, zh: str) -> dict:
    dataset, native = key.split(":")
    return {
        "_id": key,
        "dataset": dataset,
        "native_id": native,
        "name": {"zh": zh, "en": None},
        "location": {"type": "Point", "coordinates": [121.4558, 31.2496]},
        "kind": "RAIL_STATION",
        "modes": ["RAIL"],
        "quays": [],
        "feed": "f",
    }


@pytest.fixture
async def shell(store: Store, tmp_path: Path):
    """Runs `liandong feed ids ...` on the test's database."""
    for name in ("stop_places", "id_mappings", "audit"):
        await store.db[name].delete_many({})
    places = [place("railway:SHH", "上海站"), place("netex:1", "上海火车站")]
    await store.db["stop_places"].insert_many(places)
    config = tmp_path / "liandong.toml"
    config.write_text(f'[hub]\ndatabase = "{store.db.name}"\nmongodb_uri = "{store.uri}"\n')

    def run(*arguments: str) -> tuple[int, str]:
        clean = {key: value for key, value in os.environ.items() if "LIANDONG" not in key}
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "liandong.cli",
                "feed",
                "ids",
                *arguments,
                "--config",
                str(config),
            ],
            env={**clean, "LIANDONG_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    return run


async def test_from_a_proposal_to_a_decision_and_back(shell, store: Store):
    """What is proposed is unmatched until it is confirmed; each decision is audited."""
    code, said = shell("propose", "netex")
    assert code == 0
    assert "PROPOSED  NAME 0.90     netex:1 = railway:SHH" in said
    lines = shell("list", "--unmatched", "--dataset", "netex")[1].splitlines()
    proposal = "PROPOSED  NAME 0.90     netex:1 = railway:SHH"
    assert [line.strip() for line in lines] == [f"{'netex:1':40} 上海火车站", proposal]
    one, other = shell("list", "--unmatched", "--json")[1].splitlines()
    assert (json.loads(one)["id"], json.loads(other)["id"]) == ("netex:1", "railway:SHH")
    assert json.loads(one)["proposals"] == json.loads(other)["proposals"]
    assert shell("confirm", "netex:1", "railway:SHH")[1].startswith("CONFIRMED NAME 0.90")
    assert shell("list", "--unmatched")[1] == ""
    (line,) = shell("list", "--state", "confirmed", "--json")[1].splitlines()
    assert json.loads(line)["canonical_id"] == "railway:SHH"
    assert shell("reject", "netex:1", "railway:SHH")[1].startswith("REJECTED")
    assert shell("propose", "netex")[1] == "新候选 new proposals: 0\n"
    lines = await AuditDoc.find_all().sort("+at").to_list()
    assert [(row.actor, row.action) for row in lines] == [
        ("server shell", "idMapping.proposed"),
        ("server shell", "idMapping.confirmed"),
        ("server shell", "idMapping.rejected"),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--state", "maybe"), "expected PROPOSED, CONFIRMED or REJECTED"),
        (("confirm", "netex", "railway:SHH"), "expected a scoped id, dataset:native"),
        (("confirm", "netex:1", "railway:XX"), "no stop place 'railway:XX'"),
        (("reject", "netex:1", "railway:SHH"), "was not found"),
    ],
)
async def test_what_cannot_be_done_is_one_line(shell, arguments, said, store: Store):
    """Exit 2, and what was expected; nothing is changed, and nothing is on the audit log."""
    code, text = shell(*arguments)
    assert code == 2
    assert said in text
    assert len(text.strip().splitlines()) == 1
    assert await store.db["id_mappings"].count_documents({}) == 0
    assert await AuditDoc.find_all().count() == 0
