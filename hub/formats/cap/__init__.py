"""Common Alerting Protocol 1.2 (OASIS), and the lists that carry its alerts."""
