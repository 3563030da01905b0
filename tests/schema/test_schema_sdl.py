"""The committed schema text."""

from pathlib import Path

import schema
from schema.export import sdl

COMMITTED = Path(schema.__file__).parent / "schema.graphql"


def test_the_committed_schema_is_what_is_served() -> None:
    """A difference is a change of interface: `liandong schema export > schema/schema.graphql`."""
    assert COMMITTED.read_text(encoding="utf-8") == sdl()


def test_the_subgraph_is_federation_2_9_with_its_entities() -> None:
    """Five types can be joined to by other subgraphs, by their id."""
    text = sdl(federation=True)
    assert "federation/v2.9" in text
    for name in ("StopPlace", "DatedJourney", "Situation", "Unit", "Incident"):
        assert f'type {name} implements Node @key(fields: "id")' in text
