"""Pictures of every page in three worlds, for whoever works on them: `make gallery`."""
