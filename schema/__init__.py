"""The one GraphQL schema: types as projections of stored documents, operations, live updates."""
