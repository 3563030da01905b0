"""Who may see which orders (指令) and ledgers (签收记录): their row policies, as filters."""

from typing import Any

from hub.model.operations import Role
from hub.model.people import Viewer
from hub.store.documents import RecipientDoc
from hub.store.incidents import NOTHING


def visible_orders(viewer: Viewer) -> dict[str, Any]:
    """The row policy of orders, as a filter.

    The centre sees all, a liaison the orders with an officer of its unit, an officer its own,
    a partner none.
    """
    if viewer.sees_everything:
        return {}
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        return {"$or": [{"units": viewer.unit}, {"recipients": viewer.account_id}]}
    if viewer.role in {Role.OFFICER, Role.LIAISON}:
        return {"recipients": viewer.account_id}
    return NOTHING


def visible_ledgers(viewer: Viewer) -> dict[str, Any]:
    """The row policy of ledgers: of an order that two units share, each sees its own officers."""
    if viewer.sees_everything:
        return {}
    if viewer.role is Role.LIAISON and viewer.unit is not None:
        return {"$or": [{"unit": viewer.unit}, {"account_id": viewer.account_id}]}
    if viewer.role in {Role.OFFICER, Role.LIAISON}:
        return {"account_id": viewer.account_id}
    return NOTHING


def hide_strangers(ledgers: list[RecipientDoc]) -> None:
    """Whom an order was passed on from is named only where that ledger is visible too."""
    known = {ledger.account_id for ledger in ledgers}
    for ledger in ledgers:
        if ledger.escalated_from not in known:
            ledger.escalated_from = None
