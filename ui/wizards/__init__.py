"""Wizards: each draws a state machine that lives in core."""
