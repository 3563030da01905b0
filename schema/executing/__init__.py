"""An operation from its text to its result: documents, limits, the executor, its errors."""
