"""Who may do and see what: principals, scopes, tokens, passwords."""
