"""Operators, sign-in, login sessions and permissions."""
