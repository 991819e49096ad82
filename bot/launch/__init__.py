"""Running everything on one machine with one command: database, model, processes."""
