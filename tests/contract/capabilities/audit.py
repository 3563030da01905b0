"""The audit log: a row of somebody's session."""

from hub.model.people import Role
from hub.store.documents import AuditDoc
from tests.contract.examples import Examples
from tests.contract.scene import OURS, Scene
from tests.operations.operations_builders import fresh


async def entry(scene: Scene) -> str:
    person = await scene.world.officer(fresh("somebody"), unit=OURS)
    await scene.context.tokens.issue(person.login)
    (row,) = await AuditDoc.find({"target": person.account_id}).to_list()
    return row.id


EXAMPLES = Examples(
    rows={"AuditEntry": entry},
    reader="admin",
    may=dict.fromkeys(("auditEntries", "auditState"), frozenset({Role.ADMIN})),
)
