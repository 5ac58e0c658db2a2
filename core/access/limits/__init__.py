"""Limits: how often an operator may do something, and how often it may be done to a citizen."""
