"""The pieces every page is made of. Each takes the `Theme` first and reads all colours from it.

Interactive pieces take `name`: their object name, by which tests and screen readers find them;
the accessible name comes from their words.
"""
