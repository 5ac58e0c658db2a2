"""System-wide settings of the vault, kept in sealed rows."""
