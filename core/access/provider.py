"""Whom an identity provider named, and how far that bounds a role. How it is found out is in `oidc.py`."""

from dataclasses import dataclass

from core.access.model import PERMISSIONS, Role


@dataclass(frozen=True)
class ProviderIdentity:
    """Who the provider says it is: an operator's name, and the roles that its claims allow."""

    operator: str
    roles: frozenset[Role]


def bounded_role(stored: Role, allowed: frozenset[Role]) -> Role | None:
    """Return the role to sign in with: the stored one where it is allowed, else the widest allowed one within it."""
    if stored in allowed or Role.SUPER_ADMIN in allowed:
        return stored
    within = [role for role in allowed if PERMISSIONS[role] <= PERMISSIONS[stored]]
    return max(within, key=lambda role: (len(PERMISSIONS[role]), role.value), default=None)
