"""Starts and wires the console: settings, composition root, command line, desktop."""
