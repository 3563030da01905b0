"""Photographs of an incident, to who may see it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from schema_builders import LIAISON, OFFICER, PARTNER, WATCH, Run

from hub import clock
from hub.model.ids import split_global_id
from hub.operations.incidents.documents import AttachmentDoc, AttachmentState

PHOTOGRAPHS = """query ($id: ID!) { node(id: $id) { ... on Incident { attachments {
  url thumbnailUrl width height bytes at by { login } } } } }"""


@pytest.fixture
async def incident(run: Run) -> str:
    """An incident of SAO; its global id."""
    opened = await run(
        "mutation ($k: String!) { openIncident(input: { clientMutationId: $k, kind: CROWD,"
        ' title: "客流", units: ["SAO"] }) { incident { id } } }',
        k=str(uuid.uuid4()),
    )
    return str(opened["data"]["openIncident"]["incident"]["id"])


async def photograph(incident: str, **given: Any) -> AttachmentDoc:
    key = (split_global_id(incident) or ("", ""))[1]
    now = clock.now()
    picture = {"width": 640, "height": 480, "stored_bytes": 9, "ready_at": now}
    made = {
        "owner": "officer1",
        "incident_id": key,
        "created_at": now,
        "state": AttachmentState.READY,
    }
    row = AttachmentDoc(id=str(uuid.uuid4()), **{**made, **picture, **given})
    await row.insert()
    return row


async def test_what_has_come_is_listed(run: Run, incident: str) -> None:
    """The first to come first; what is awaited, or was refused, is none of it."""
    earlier = clock.now() - timedelta(minutes=1)
    last, first = await photograph(incident), await photograph(incident, ready_at=earlier)
    for state in set(AttachmentState) - {AttachmentState.READY}:
        await photograph(incident, state=state)
    answer = await run(PHOTOGRAPHS, id=incident)
    found = answer["data"]["node"]["attachments"]
    assert [one["url"] for one in found] == [
        f"/mobile/v1/attachments/{row.id}" for row in (first, last)
    ]
    assert found[0]["thumbnailUrl"] == f"{found[0]['url']}/thumbnail"
    assert (found[0]["width"], found[0]["height"], found[0]["bytes"]) == (640, 480, 9)
    assert found[0]["by"] == {"login": "officer1"}


async def test_who_does_not_see_the_incident_sees_no_photograph_of_it(
    run: Run, incident: str
) -> None:
    await photograph(incident)
    for by in (WATCH, OFFICER):
        assert len((await run(PHOTOGRAPHS, by, id=incident))["data"]["node"]["attachments"]) == 1
    for by in (LIAISON, PARTNER):
        text = "query ($id: ID!) { node(id: $id) { ... on Incident { attachments { url } } } }"
        assert (await run(text, by, id=incident))["data"]["node"] is None
