"""Secrets as those above core hold them: a value that never prints (`hsm/secret.py`), without a way past core."""

from hsm.secret import Secret

__all__ = ["Secret"]
