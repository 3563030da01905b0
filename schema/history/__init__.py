"""What was shown when (历史): types that answer as the live ones did, at a moment of the past."""
