"""The core: model, formats, store, ingest, operations. No web framework below `asgi.py`."""
