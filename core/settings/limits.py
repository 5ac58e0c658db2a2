"""How often something may be done: the limits among the vault's settings, in words that can be typed.

A limit is written as "10 per minute; 3 per second": at most 10 within any 60 seconds and at most 3 within any
one second. Nothing here counts; `core/access/limits` does.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from core.errors import InvalidInput

MOST = 100_000  # of one thing in one window: an operator who needs more needs a bulk job
MOST_JOBS = 8
_WINDOW = re.compile(r"([1-9][0-9]{0,5}) per (second|minute|hour|day)")


class Limited(StrEnum):
    """What is limited; each is the name of its setting in `LimitSettings`."""

    METADATA = "metadata"
    PROFILE = "profile"
    PROOF = "proof"
    EXPORT = "export"
    ERASURE = "erasure"
    ROLE_UPDATE = "role_update"
    LISTING = "listing"
    PASSWORD = "password"  # noqa: S105 (what is limited, no password)


@dataclass(frozen=True)
class LimitSettings:
    """The limits, each held per operator and per citizen. Raises InvalidInput for one that cannot be.

    `metadata` counts records shown and exact searches, `listing` lists begun and pages of searches by name,
    `password` proofs of the own password within a login session. `imports_at_once` counts imports that one operator
    has running.
    """

    metadata: str = "30 per minute; 5 per second"
    profile: str = "10 per minute; 3 per second"
    proof: str = "15 per minute; 5 per second"
    export: str = "3 per hour; 5 per day"
    erasure: str = "1 per day"
    role_update: str = "5 per minute"
    listing: str = "120 per minute"
    password: str = "5 per minute"  # noqa: S105 (how often, no password)
    imports_at_once: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for name in Limited:
            checked_limit(getattr(self, name), name)
        jobs = self.imports_at_once
        if isinstance(jobs, bool) or not isinstance(jobs, int) or not 1 <= jobs <= MOST_JOBS:
            raise InvalidInput(f"An operator may have 1 to {MOST_JOBS} imports running.", field="imports_at_once")

    def of(self, what: Limited) -> str:
        """Return the limit of one thing, in words."""
        return str(getattr(self, what))

    def changed(self, name: str, value: str) -> "LimitSettings":
        """Return the limits with one of them changed, as somebody typed it. Raises InvalidInput."""
        if name not in {field.name for field in fields(self)}:
            raise InvalidInput("There is no such limit.", field=name)
        if name == "imports_at_once":
            if not re.fullmatch("[0-9]", value.strip()):
                raise InvalidInput(f"An operator may have 1 to {MOST_JOBS} imports running.", field=name)
            return replace(self, imports_at_once=int(value))
        return self.from_document({**self.document(), name: checked_limit(value, name)})

    def document(self) -> dict[str, Any]:
        """Return the limits as the sealed setting holds them."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "LimitSettings":
        """Return what a sealed setting says. Raises InvalidInput or TypeError for one that says something else."""
        return cls(**document)


def checked_limit(text: str, name: str) -> str:
    """Return a limit in its one spelling. Raises InvalidInput."""
    if not isinstance(text, str):
        raise InvalidInput("A limit reads as in 10 per minute; 3 per second.", field=name)
    windows = [_WINDOW.fullmatch(" ".join(part.split())) for part in text.split(";")]
    found = [(match[2], int(match[1])) for match in windows if match is not None]
    if len(found) < len(windows) or len(dict(found)) < len(found):
        raise InvalidInput("A limit reads as in 10 per minute; 3 per second.", field=name)
    if any(amount > MOST for _, amount in found):
        raise InvalidInput(f"A limit is {MOST:,} at most.", field=name)
    return "; ".join(f"{amount} per {window}" for window, amount in found)


USUAL_LIMITS = LimitSettings()
