"""The audit log (审计日志), read: who did what, and whether what they did is sealed.

It is written by whoever does something (`hub/store/audit.py`), and never here.
"""

from hub.operations.capability import Capability

CAPABILITY = Capability()
