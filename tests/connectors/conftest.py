"""JT/T feeds that listen, made as a test asks for them and ended after it."""

import pytest

from hub.model.common import Mode
from hub.store.driver import Store
from tests.connectors.jtt_rig import Rig


@pytest.fixture
async def rig_of(store: Store, request):
    made: list[Rig] = []

    async def make(
        kind: str, mode: Mode = Mode.TAXI, *, allow_private: bool = False, **options
    ) -> Rig:
        name = f"{kind}-{len(made)}-{abs(hash(request.node.name)) % 10**6}"
        made.append(Rig(store, kind, name, mode, options, allow_private=allow_private))
        return await made[-1].start()

    yield make
    for rig in made:
        await rig.stop()
