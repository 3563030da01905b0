"""Waking a phone: the outbox is sent through push channels, and what became of it is kept."""
