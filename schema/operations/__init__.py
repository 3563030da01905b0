"""What people do (指挥), a module or folder a capability: its types, inputs and roots together.

`Query`, `Mutation` and `Subscription` of the module that has a capability's name are its roots.
"""

import importlib
import importlib.util

from hub.operations import REGISTRY


def roots(kind: str) -> tuple[type, ...]:
    """The classes of that name, of every capability that has one."""
    names = [f"{__name__}.{name}" for name in REGISTRY]
    modules = [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
    return tuple(getattr(module, kind) for module in modules if hasattr(module, kind))
