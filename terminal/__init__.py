"""Clients for a terminal, over the public interfaces only: boards to watch, a phone to hold.

Nothing here imports the hub: whatever a client needs, the public schema and mobile API give.
"""
