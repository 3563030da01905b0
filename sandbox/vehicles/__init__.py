"""Vehicles that are neither trains nor taxis, on JT/T 808 and JT/T 809."""
