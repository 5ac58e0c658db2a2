"""Where a home is that nobody names."""


def default_home() -> str:
    """Return the folder of this account's vault, by the platform's rules."""
    from platformdirs import user_data_dir  # noqa: PLC0415 (not needed where a home is named)

    return user_data_dir("citizen-zero", appauthor=False, roaming=False)
