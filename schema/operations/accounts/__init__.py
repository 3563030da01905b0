"""Accounts (账号), their sessions, and what an administrator does with them."""

from schema.operations.accounts.roots import Mutation, Query, Subscription

__all__ = ["Mutation", "Query", "Subscription"]
