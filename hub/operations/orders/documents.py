"""What is kept of orders; the ledgers of their recipients are those of `asking`."""

from typing import ClassVar

from hub.model.operations import OrderState
from hub.operations.asking.documents import AskedDoc
from hub.operations.words import Both
from hub.store.documents import Index, Keep, index

ORDERS = "orders"


class OrderDoc(AskedDoc):
    """An order (指令) of an incident. Its truth is here and in its recipients' ledgers."""

    keep = Keep("the record of what was commanded")

    incident_id: str
    number: str
    text: str
    state: OrderState = OrderState.OPEN

    class Settings:
        name = ORDERS
        indexes: ClassVar[list[Index]] = [
            index("-created_at", "-_id"),
            index("incident_id"),
            index("number"),
            index("units", "-created_at"),
            index("recipients", "-created_at"),
            index("state", partialFilterExpression={"state": "OPEN"}, name="open"),
        ]

    @property
    def name(self) -> Both:
        """How a person calls it."""
        return Both(f"指令 {self.number}", f"Order {self.number}")
