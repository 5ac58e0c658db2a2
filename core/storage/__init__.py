"""Engine, embedded server, transactions, row seals and migrations."""
