"""Long work that is safe to kill: a row that says how far it came, and one process at a time that goes on."""
