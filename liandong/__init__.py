"""The roof: command line, processes, server, and the routes that are nobody else's."""
