"""Telling a person what changed for them: numbered changes, and a snapshot of all that holds."""
