"""Encoders of what goes over the wire: our own reading of each standard, none of the hub's."""
