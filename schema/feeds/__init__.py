"""Feeds (数据源): their health, counts and reject reasons."""
