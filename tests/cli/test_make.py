"""What `make` gives to the tools it installs with."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"


def make(recipe: str, **environment: str) -> str:
    """What a recipe of ours prints, run by the Makefile as it stands."""
    clean = {key: value for key, value in os.environ.items() if key != "UV_SYSTEM_CERTS"}
    done = subprocess.run(
        ["make", "--silent", "--eval", f"shown: ; @{recipe}", "shown"],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_uv_trusts_what_the_system_trusts() -> None:
    """A private certificate authority of the system holds for uv, where the system has a store; who
    says otherwise is heard."""
    bundle = make("echo $(CA_BUNDLE)")
    assert make("echo $$UV_SYSTEM_CERTS") == ("true" if bundle else "false")
    assert make("echo $$UV_SYSTEM_CERTS", UV_SYSTEM_CERTS="false") == "false"
    assert bundle == "" or Path(bundle).is_file()


def test_the_pinned_uv_knows_the_setting() -> None:
    """The name is the one that this version of uv reads."""
    told = subprocess.run([UV, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^uv (\S+)", told)[1] == make("echo $(UV_VERSION)")
    told = subprocess.run([UV, "help", "pip", "install"], capture_output=True, text=True).stdout
    assert "--system-certs" in told
    assert "UV_SYSTEM_CERTS" in told


def test_pip_is_given_the_system_s_certificates_unless_it_has_its_own() -> None:
    """Before uv is there, pip fetches it: with the same store, unless its own settings name one."""
    recipe = subprocess.run(
        ["make", "--dry-run", "--always-make", ".venv/bin/uv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    bundle = make("echo $(CA_BUNDLE)")
    assert f"pip config list | grep '[.]cert=' >/dev/null || export PIP_CERT={bundle};" in recipe


def test_a_schema_that_cannot_be_made_leaves_the_committed_one(tmp_path: Path) -> None:
    """An export that fails half way through is no file; one that succeeds takes its place."""
    sdl, command = tmp_path / "schema.graphql", tmp_path / "liandong"
    sdl.write_text("type Query")
    for fails in (True, False):
        command.write_text(f"#!/bin/sh\necho half\nexit {int(fails)}\n")
        command.chmod(0o755)
        asked = ["make", "--silent", f"BIN={tmp_path}", f"SDL={sdl}", "--old-file=setup", "sdl"]
        assert (subprocess.run(asked, cwd=ROOT, check=False).returncode != 0) is fails
        assert sdl.read_text() == ("type Query" if fails else "half\n")
        assert {*tmp_path.iterdir()} == {sdl, command}
