"""What feeds bring: the only writer of it, and the repositories it is read by."""
