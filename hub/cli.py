"""`liandong`: the command line."""
