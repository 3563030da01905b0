"""Commands that a person waits for begin at once: neither schema, server nor connectors load."""

import os
import subprocess
import sys

import pytest

HEAVY = {
    "strawberry",
    "graphql",
    "starlette",
    "firebase_admin",
    "schema",
    "connectors",
    "lxml",
    "PIL",
}
"""What takes most of a start: with it an access token came after four seconds, now in under one."""
LOADED = """import sys
from liandong.cli import main
try:
    main()
finally:
    print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command",
    [("token", "issue", "nobody"), ("user", "list"), ("client", "list"), ("audit", "head")],
)
def test_a_command_on_the_database_loads_little(tmp_path, mongo_uri, command):
    """Whatever comes of it, it has been at the database when it ends."""
    name = mongo_uri.replace("/?", f"/light_{tmp_path.name}?")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *command],
        env={**os.environ, "LIANDONG_DATA_DIR": str(tmp_path), "LIANDONG_MONGODB_URI": name},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said, _, loaded = done.stderr.partition("loaded: ")
    assert "pymongo" in loaded.split(), said
    assert HEAVY.isdisjoint(loaded.split())
