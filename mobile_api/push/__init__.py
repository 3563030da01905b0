"""Push channels: each wakes a phone with an opaque id and a priority, never with text or names."""
