"""Serving: documents prepared once, limits, and /graphql over HTTP."""
