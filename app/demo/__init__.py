"""A throw-away vault full of synthetic people and a week of activity, made by the real services."""
