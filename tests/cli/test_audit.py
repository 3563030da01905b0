"""`liandong audit`: verify and head, from the server's own shell and nowhere else."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.access.keys import load_signing_key
from hub.access.sealing import chain_of
from hub.model.people import SCOPES, Role
from hub.rules.audit_chain import Fault, Finding
from hub.store.audit import Audit, Author
from hub.store.driver import Store
from liandong.cli.audit import words
from mobile_api.app import ENDPOINTS
from mobile_api.openapi import document
from schema.permissions import policy_of
from schema.root import build_schema, graphql_schema

Shell = Callable[..., tuple[int, str]]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "signing.pem"


@pytest.fixture
async def sealed(store: Store, key_file: Path) -> str:
    """A sealed log of five acts; its head."""
    for name in ("audit", "audit_heads"):
        await store.db[name].delete_many({})
    for number in range(5):
        await Audit().append(Author("watch", "WATCH").act("incident.opened", f"{number}"))
    _, head = await chain_of(store, load_signing_key(key_file)).seal(10)
    assert head is not None
    return f"{head.seq}:{head.hash}"


@pytest.fixture
def shell(store: Store, tmp_path: Path) -> Shell:
    """Runs `liandong audit ...` on the test's database."""
    config = tmp_path / "liandong.toml"
    config.write_text(f'[hub]\ndatabase = "{store.db.name}"\nmongodb_uri = "{store.uri}"\n')

    def run(*arguments: str) -> tuple[int, str]:
        clean = {key: value for key, value in os.environ.items() if "LIANDONG" not in key}
        done = subprocess.run(
            [sys.executable, "-m", "liandong.cli", "audit", *arguments, "--config", str(config)],
            env={**clean, "LIANDONG_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr

    return run


async def test_a_whole_log_holds(shell: Shell, sealed: str) -> None:
    """Exit 0; the head that is printed is the one that is signed, and it is compared."""
    code, said = shell("verify")
    assert (code, said.count("\n")) == (0, 1)
    assert said.startswith("审计日志完整 The audit log holds: 5 行 rows.")
    assert shell("head") == (0, f"{sealed}\n")
    assert shell("verify", "--head", sealed)[0] == 0


async def test_what_was_done_to_it_is_named(shell: Shell, store: Store, sealed: str) -> None:
    """Exit 1, a line for each row: an altered one, a dropped one, the head that was kept."""
    rows = store.db["audit"]
    row = await rows.find_one_and_update({"seq": 2}, {"$set": {"actor": "nobody"}})
    await rows.delete_one({"seq": 4})
    code, said = shell("verify", "--head", f"5:{'0' * 64}")
    assert code == 1
    altered, dropped, kept, summary = said.splitlines()
    assert "被改 altered: 2" in altered
    assert altered.endswith(f"id {row['_id']}")
    assert "缺失 dropped: 4" in dropped
    assert "与另存的链末不符 not the head that was kept: 5" in kept
    assert summary == "审计日志不完整 The audit log does not hold: 3"


def test_a_new_key_signs_the_head_anew(shell: Shell, key_file: Path, sealed: str) -> None:
    """Until then it is not ours: verify exits 1, head 2, each saying what to do."""
    key_file.unlink()
    load_signing_key(key_file)
    code, said = shell("verify")
    assert code == 1
    assert "链末签名不是本机所签 the head is not signed by this hub: 5" in said
    code, said = shell("head")
    assert code == 2
    assert "liandong audit head --sign" in said
    assert shell("head", "--sign") == (0, f"{sealed}\n")
    assert shell("verify")[0] == 0


def test_what_cannot_be_asked_is_one_line(shell: Shell, key_file: Path, sealed: str) -> None:
    """Exit 2; and a key that is not there is not made."""
    code, said = shell("verify", "--head", "5")
    assert (code, len(said.splitlines())) == (2, 1)
    assert "SEQ:HASH" in said
    key_file.unlink()
    code, said = shell("verify")
    assert (code, len(said.splitlines())) == (2, 1)
    assert "没有签名密钥 No signing key" in said
    assert not key_file.exists()


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_said_in_both_languages(fault: Fault) -> None:
    """With the number and the id, where it has them."""
    said = words(Finding(fault=fault, seq=7, until=9, id="row-7"))
    assert re.search(r"[\u4e00-\u9fff]", said)
    assert re.search(r"[a-z]{4}", said)
    assert said.endswith("id row-7")


def test_administrators_alone_read_the_log_and_no_api_writes_it() -> None:
    """Its roots ask for a scope that only they have; no mutation and no path of phones is of it."""
    schema = graphql_schema(build_schema())
    roots = {name for name in schema.query_type.fields if "audit" in name.lower()}
    assert roots
    for name in roots:
        policy = policy_of(schema.query_type, name)
        assert [role for role in Role if policy in SCOPES[role]] == [Role.ADMIN]
    others = {*schema.mutation_type.fields, *schema.subscription_type.fields}
    assert [name for name in others if "audit" in name.lower()] == []
    assert [path for path in document(ENDPOINTS)["paths"] if "audit" in path] == []
