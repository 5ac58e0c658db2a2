"""Judging a presentation: offline, from the authority's public key and what was asked. Fails closed.

The checks are a list (`checks.py`): each has a name, looks at one thing and refuses with its reason code.
They run in order, and results count only after the last. No database, no HSM, no prover.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.proofs.checks import CHECKS
from core.proofs.claims import Claim
from core.proofs.credential import Credential
from core.proofs.examination import Check, Examination, Expected
from core.proofs.presentation import Context
from core.proofs.reasons import Reason, Refusal


@dataclass(frozen=True)
class Verdict:
    """Valid, or the reason why not. Only a valid verdict has results and says what was proven."""

    reason: Reason | None = None
    check: str = ""
    results: tuple[tuple[Claim, bool], ...] = ()
    context: Context | None = None
    credential: Credential | None = None

    @property
    def valid(self) -> bool:
        """Tell whether everything that was asked is proven."""
        return self.reason is None and self.context is not None


def verify(
    data: bytes,
    expected: Expected,
    around: Mapping[str, object] | None = None,
    checks: "Sequence[Check] | None" = None,
) -> Verdict:
    """Return the verdict on a presentation. Raises nothing for hostile bytes.

    `around` are the members that stood beside it in a proof_response; they must repeat what it says.
    """
    examination = Examination(data, expected, around)
    for check in CHECKS if checks is None else checks:
        try:
            check.run(examination)
        except Refusal as refusal:
            return Verdict(refusal.reason, check.name)
    shown = examination.shown
    results = tuple(zip(shown.claims, shown.results, strict=True))
    return Verdict(results=results, context=examination.context, credential=examination.credential)
