"""Dialogs about citizens: reveal, enrol, change. Opened with `ui.ask.ask`, never `exec()`."""
