"""Two feeds that speak of one thing: whose word counts, and what is left when one falls silent."""
