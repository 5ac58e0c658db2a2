"""The command line: one module a noun, each a thin skin over a service."""
