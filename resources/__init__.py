"""Data files of the console: its own mark and, later, translations."""
