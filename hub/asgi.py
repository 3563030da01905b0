"""Composition root: the only file that knows everything."""
