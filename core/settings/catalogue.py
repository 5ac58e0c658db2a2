"""Which settings can be changed, between which bounds, and in which words. A new setting is one row here.

What is not listed was settled at set-up (the token, the log's id, the wrap algorithm) and never changes.
A value has two forms: as it is written (`28800 s`: typed, signed, logged), and as people read it (`8 h`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.errors import InvalidInput
from core.settings.limits import MOST_JOBS, Limited, checked_limit
from core.settings.model import FIRST_POLICY, LIMIT

Value: TypeAlias = int | bool | str | tuple[str, ...]
SECONDS = "s"
_NUMBER = re.compile(r"[0-9]{1,9}")
_DIGITS = re.compile(r"[0-9]{4,}")


@dataclass(frozen=True)
class Number:
    """A whole number in a unit. Seconds are read as hours, minutes and seconds."""

    lowest: int
    highest: int
    unit: str

    def parse(self, text: str) -> int:
        """Return the number that a text writes, with its unit or without. Raises ValueError."""
        text = text.removesuffix(self.unit).strip()
        if not _NUMBER.fullmatch(text) or not self.lowest <= int(text) <= self.highest:
            raise ValueError
        return int(text)

    def written(self, value: object) -> str:
        """Return a value as `parse` reads it."""
        return f"{value} {self.unit}"

    def shown(self, value: object) -> str:
        """Return a value as people read it."""
        if self.unit == SECONDS and isinstance(value, int):
            return lasting(value)
        return grouped(f"{value} {self.unit.removesuffix('s')}" if value == 1 else self.written(value))

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        bounds = f"a whole number from {self.lowest} to {self.highest} ({self.unit})"
        if self.unit != SECONDS:
            return bounds
        return f"{bounds}, that is {lasting(self.lowest)} to {lasting(self.highest)}"


@dataclass(frozen=True)
class Switch:
    """On or off."""

    allowed: str = "on or off"

    def parse(self, text: str) -> bool:
        """Return what a text says. Raises ValueError."""
        return {"on": True, "off": False, "true": True, "false": False}[text.lower()]

    def written(self, value: object) -> str:
        """Return a value as `parse` reads it."""
        return self.shown(value)

    def shown(self, value: object) -> str:
        """Return a value as people read it."""
        return "on" if value else "off"


@dataclass(frozen=True)
class Names:
    """Some of a list of names, in the list's order; `none` is the empty choice."""

    choices: tuple[str, ...]

    def parse(self, text: str) -> tuple[str, ...]:
        """Return the names that a text lists, separated by commas. Raises ValueError."""
        named = {name.strip() for name in text.split(",") if name.strip()}
        if named == {"none"}:
            return ()
        if not named or named - set(self.choices):
            raise ValueError
        return tuple(name for name in self.choices if name in named)

    def written(self, value: object) -> str:
        """Return a value as `parse` reads it."""
        return self.shown(value)

    def shown(self, value: object) -> str:
        """Return a value as people read it."""
        return ", ".join(str(name) for name in value) or "none" if isinstance(value, Sequence) else str(value)

    @property
    def allowed(self) -> str:
        """What may be set, in words."""
        return f"none, or some of: {', '.join(self.choices)}"


@dataclass(frozen=True)
class Frequency:
    """How often something may be done."""

    allowed: str = "as in 10 per minute; 3 per second"

    def parse(self, text: str) -> str:
        """Return the limit that a text writes, in its one spelling. Raises ValueError."""
        try:
            return checked_limit(text, "value")
        except InvalidInput:
            raise ValueError(text) from None

    def written(self, value: object) -> str:
        """Return a value as `parse` reads it."""
        return str(value)

    def shown(self, value: object) -> str:
        """Return a value as people read it."""
        return grouped(str(value))


@dataclass(frozen=True)
class Rule:
    """One setting that can be changed. `policy`: dual control rests on it, so changing it always takes two."""

    title: str
    kind: Number | Switch | Names | Frequency
    policy: bool = False


_LIMITED = {
    Limited.METADATA: "Limit: records shown, exact searches",
    Limited.PROFILE: "Limit: profiles read",
    Limited.PROOF: "Limit: proofs",
    Limited.EXPORT: "Limit: exports",
    Limited.ERASURE: "Limit: erasures",
    Limited.ROLE_UPDATE: "Limit: changes of citizens' roles",
    Limited.LISTING: "Limit: lists and searches by name",
    Limited.PASSWORD: "Limit: proofs of the own password",
}

CATALOGUE: Mapping[str, Rule] = {
    "dual_control": Rule("Dual control", Switch(), policy=True),
    "approval_policy": Rule("Operations that need two operators", Names(FIRST_POLICY), policy=True),
    "approval_hours": Rule("Time until a request expires", Number(1, 168, "h"), policy=True),
    "invitation_hours": Rule("Time until an invitation expires", Number(1, 168, "h")),
    "idle_seconds": Rule("Time without input until the console locks", Number(30, 3_600, SECONDS)),
    "session_seconds": Rule("Longest login session, used or not", Number(300, 86_400, SECONDS)),
    "reveal_seconds": Rule("Time until a revealed value is masked again", Number(5, 300, SECONDS)),
    "kek_capacity": Rule("Citizens per key-encryption key", Number(1, 1_000_000, "citizens")),
    "cryptoperiod_days": Rule("Planned life of a key-encryption key", Number(1, 730, "days")),
    **{f"{LIMIT}{what}": Rule(title, Frequency()) for what, title in _LIMITED.items()},
    f"{LIMIT}imports_at_once": Rule("Imports that an operator may have running", Number(1, MOST_JOBS, "imports")),
}


def lasting(seconds: int) -> str:
    """Return seconds as people say them: `8 h`, `1 h 30 min`, `45 s`."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes) + [f"{left} s"] * bool(left)
    return " ".join(parts) or "0 s"


def grouped(text: str) -> str:
    """Return a text with its numbers grouped as in India: `10,000`, `1,00,000`."""
    return _DIGITS.sub(lambda found: _grouped(found[0]), text)


def _grouped(digits: str) -> str:
    head, tail = digits[:-3], digits[-3:]
    first = len(head) % 2
    pairs = [head[:first], *(head[start : start + 2] for start in range(first, len(head), 2)), tail]
    return ",".join(pair for pair in pairs if pair)


def rule_of(name: str) -> Rule:
    """Return a setting's rule. Raises InvalidInput for a name that cannot be set."""
    rule = CATALOGUE.get(name)
    if rule is None:
        raise InvalidInput(
            "There is no setting of this name that can be changed.",
            field="name",
            remedy=f"The settings are: {', '.join(CATALOGUE)}.",
        )
    return rule


def parse(name: str, text: str) -> Value:
    """Return the value that a text sets. Raises InvalidInput where it is out of bounds."""
    rule = rule_of(name)
    try:
        return rule.kind.parse(text.strip())
    except (ValueError, KeyError):
        raise InvalidInput(f"{rule.title}: {rule.kind.allowed}.", field="value") from None


def written(name: str, value: object) -> str:
    """Return a setting's value as it is typed."""
    return rule_of(name).kind.written(value)


def difference(name: str, old: object, new: object) -> str:
    """Return a change in plain words: `Time until a request expires: 24 h → 12 h`."""
    rule = rule_of(name)
    return f"{rule.title}: {rule.kind.shown(old)} → {rule.kind.shown(new)}"
