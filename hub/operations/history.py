"""What of people's work the history samples: what was open, and who was on duty.

How far an order had come with each recipient is not sampled: the ledgers say it to the instant.
"""

from hub.operations.alarming.documents import ALARMS
from hub.operations.incidents.documents import INCIDENTS
from hub.operations.orders.documents import ORDERS
from hub.store.documents import AccountDoc
from hub.store.history.kept import Kept

ACCOUNTS = AccountDoc.Settings.name
OF_PEOPLE: tuple[Kept, ...] = (
    Kept(
        INCIDENTS, lambda _look: {"state": "OPEN"}, {"officers": 0, "description": 0, "revision": 0}
    ),
    Kept(ORDERS, lambda _look: {"state": "OPEN"}, {"warnings": 0, "recipients": 0, "revision": 0}),
    Kept(ALARMS, lambda _look: {"active": True}, {"revision": 0, "confirmed_at": 0}),
    Kept(
        ACCOUNTS,
        lambda _look: {"duty.on": True, "active": True},
        dict.fromkeys(("unit", "name", "duty", "role"), 1),
    ),
)
"""Where somebody on duty was is not in it: positions have their own term and their own record."""
