"""The core: model, formats, store, ingest, operations. No web framework below the routes."""

from hub.cancellation import repair

repair()  # before anything imports `asyncio.wait_for` by name
