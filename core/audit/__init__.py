"""The audit log: entries, in commit order, authenticated by the HSM."""
