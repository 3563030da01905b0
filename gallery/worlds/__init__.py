"""The worlds that are pictured. All that is in them came through the public interfaces."""

from gallery.scene import World
from gallery.worlds.empty import empty
from gallery.worlds.normal import normal
from gallery.worlds.overloaded import overloaded

WORLDS: dict[str, World] = {"normal": normal, "empty": empty, "overloaded": overloaded}
