"""What has been learnt about one citizen, by whom: the sets of `budget.py` in their stored form.

The stored form is encrypted under the citizen's data key: it is the income in clear otherwise.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from core.proofs.attributes import BY_ID
from core.proofs.budget import Learnt, Values, Weight, bits, learn, weigh
from core.proofs.claims import Claim
from core.proofs.strict_cbor import decode, encode

TOGETHER: Final = ""  # no audience has this name


@dataclass(frozen=True)
class Knowledge:
    """The sets by audience, and under the empty name what all audiences know together."""

    by_audience: Mapping[str, Learnt] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def stored(self) -> bytes:
        """Return the stored form, in clear."""
        return encode(
            {
                audience: {attribute: [list(part) for part in values] for attribute, values in learnt.items()}
                for audience, learnt in self.by_audience.items()
            }
        )

    @staticmethod
    def read(data: bytes) -> "Knowledge":
        """Return what a stored form says."""
        return Knowledge(
            {
                audience: {
                    attribute: tuple((low, high) for low, high in values) for attribute, values in learnt.items()
                }
                for audience, learnt in decode(data).items()
            }
        )

    def after(self, audience: str, answers: Sequence[tuple[Claim, bool]], day: date) -> "Knowledge":
        """Return what is known once an audience has these answers."""
        told = {name: learn(self.by_audience.get(name, {}), answers, day) for name in (audience, TOGETHER)}
        return replace(self, by_audience={**self.by_audience, **told})

    def forecast(self, audience: str, claims: Sequence[Claim], day: date) -> "Forecast":
        """Return what a question could tell, whatever the answers are."""
        one = weigh(self.by_audience.get(audience, {}), claims, day, lambda policy: policy.one_audience)
        together = weigh(self.by_audience.get(TOGETHER, {}), claims, day, lambda policy: policy.all_audiences)
        return Forecast(audience, tuple(one), tuple(together))

    def summary(self, day: date) -> list["LearntBits"]:
        """Return, by audience and attribute, how much is known: all together first."""
        return [
            LearntBits(audience or None, BY_ID[attribute].name, _bits(attribute, values, day))
            for audience, learnt in sorted(self.by_audience.items())
            for attribute, values in sorted(learnt.items())
        ]


@dataclass(frozen=True)
class LearntBits:
    """How many bits an audience (None: all together) has learnt about an attribute."""

    audience: str | None
    attribute: str
    bits: float


@dataclass(frozen=True)
class Forecast:
    """What a question could tell its audience, and all audiences together."""

    audience: str
    one: tuple[Weight, ...]
    together: tuple[Weight, ...]

    @property
    def allowed(self) -> bool:
        """Tell whether every answer stays within the policy."""
        return all(weight.allowed for weight in (*self.one, *self.together))

    @property
    def too_much(self) -> tuple[str, ...]:
        """Name the attributes that an answer could tell too much about."""
        over = dict.fromkeys(weight.attribute for weight in (*self.one, *self.together) if not weight.allowed)
        return tuple(BY_ID[attribute].name for attribute in over)

    @property
    def rounded(self) -> int:
        """Return the most that an answer tells the audience anew, in whole bits: what the log holds."""
        return math.ceil(sum(weight.after - weight.before for weight in self.one))


def _bits(attribute: int, values: Values, day: date) -> float:
    known = bits(attribute, values, day)
    return 0.0 if math.isinf(known) else known
