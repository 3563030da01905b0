"""Measurements, side by side with a peer in one run, as ratios: these machines are noisy."""
