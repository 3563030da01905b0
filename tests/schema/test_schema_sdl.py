"""The committed schema text."""

from pathlib import Path

import schema
from schema.export import sdl

COMMITTED = Path(schema.__file__).parent / "schema.graphql"


def test_the_committed_schema_is_what_is_served() -> None:
    """A difference is a change of interface: `make sdl`."""
    assert COMMITTED.read_text(encoding="utf-8") == sdl()


def test_the_subgraph_is_federation_2_9_with_its_entities() -> None:
    """Other subgraphs join by the id; to what a dataset names, by its scoped id as well."""
    text = sdl(federation=True)
    assert "federation/v2.9" in text
    for name in ("StopPlace", "DatedJourney", "Situation", "Unit", "Incident"):
        assert f'type {name} implements Node @key(fields: "id")' in text
    for name in ("StopPlace", "Quay", "Line", "DatedJourney", "Call", "Situation", "TaxiRank"):
        assert f'type {name} implements Node @key(fields: "id") @key(fields: "scopedId")' in text
