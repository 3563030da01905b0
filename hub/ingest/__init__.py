"""Ingest: feeds are polled or received, kept raw, parsed, applied, and their health is watched."""
