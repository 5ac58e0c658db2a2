"""Citizens: identity records, search, roles, profile reads."""
