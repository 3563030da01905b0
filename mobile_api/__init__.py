"""The field app's REST interface: sessions, sync, actions (manual: docs/mobile-api.md).

The phone's own sync is the truth, a push only wakes it: `push/` holds the channels.
"""
