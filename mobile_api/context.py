"""What the mobile API works with."""

from dataclasses import dataclass, field

from hub.access.shares import WRITES_PER_PERSON, WRITES_PER_SHARED_ACCOUNT, Shares
from hub.access.tokens import Tokens
from hub.access.walls import Walls
from hub.bus import Bus
from hub.operations.facade import Operations
from hub.operations.incidents.attachments import AttachmentRepository
from hub.operations.incidents.uploads import Judging, Uploads
from hub.store.devices import Devices, Positions
from hub.store.driver import Store
from hub.store.motor_side import RateLimiter
from hub.store.people import Accounts, Units
from mobile_api.streams import Streams


@dataclass(frozen=True)
class MobileContext:
    """Built once by the composition root. `channels` names the push channels in service.

    `vapid_key`: the public key of Web Push, base64url, where that is in service.

    Before shutting down, `await streams.close()` ends the live streams, so that no phone holds the
    server up.
    """

    store: Store
    bus: Bus
    tokens: Tokens
    operations: Operations
    channels: frozenset[str] = frozenset()
    vapid_key: str | None = None
    accounts: Accounts = field(init=False)
    units: Units = field(init=False)
    devices: Devices = field(init=False)
    positions: Positions = field(init=False)
    streams: Streams = field(init=False)
    shares: Shares = field(init=False)
    writes: Shares = field(init=False)
    limiter: RateLimiter = field(init=False)
    walls: Walls = field(init=False)
    uploads: Uploads = field(init=False)
    attachments: AttachmentRepository = field(init=False)

    def __post_init__(self) -> None:
        parts = {
            "accounts": Accounts(self.store),
            "units": Units(),
            "devices": Devices(self.store),
            "positions": Positions(),
            "streams": Streams(self.bus),
            "shares": Shares(),
            "writes": Shares(WRITES_PER_PERSON, WRITES_PER_SHARED_ACCOUNT),
            "limiter": RateLimiter(self.store),
            "walls": Walls(self.store, self.tokens, RateLimiter(self.store)),
            "uploads": Uploads(self.operations.desk, Judging()),
            "attachments": self.operations.desk.of(AttachmentRepository),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)
