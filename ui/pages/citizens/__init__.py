"""The page Citizens: search, list of millions, and one citizen in detail."""
