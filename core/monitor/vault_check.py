"""`vault verify`: every seal of every table, every revision against the log, the log itself.

It reads and reports; it repairs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.access.model import LoginSession, Permission, require
from core.access.register import OperatorRegister
from core.access.second_factors import SecondFactors
from core.approvals.service import ApprovalService
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.citizens.sweep import CitizenSweep
from core.errors import IntegrityFailure
from core.jobs.service import JobService
from core.keys.service import KeyService
from core.proofs.sweep import ProofSweep
from core.settings.service import SettingsService
from core.storage.seal import RowSealer


@dataclass(frozen=True)
class VaultVerdict:
    """What was looked at and what is wrong, by the thing that is wrong."""

    citizens: int
    other_rows: int
    entries: int
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems


class VaultCheck:
    """Looks at the whole vault."""

    def __init__(
        self,
        sealer: RowSealer,
        settings: SettingsService,
        register: OperatorRegister,
        factors: SecondFactors,
        approvals: ApprovalService,
        keys: KeyService,
        jobs: JobService,
        sweep: CitizenSweep,
        proofs: ProofSweep,
        audit: AuditLog,
    ) -> None:
        self._sealer = sealer
        self._settings = settings
        self._register = register
        self._factors = factors
        self._approvals = approvals
        self._keys = keys
        self._jobs = jobs
        self._sweep = sweep
        self._proofs = proofs
        self._audit = audit

    def verify(
        self, session: LoginSession, sample: int | None = None, progress: Callable[[int], None] | None = None
    ) -> VaultVerdict:
        """Check all citizens, or `sample` of them, and everything else. `progress` gets citizens checked."""
        require(session, Permission.VAULT_VERIFY)
        others = [
            *self._settings.rows(),
            *self._settings.changes(),
            *self._register.rows(),
            *self._factors.rows(),
            *self._approvals.rows(),
            *self._keys.rows(),
            *self._jobs.rows(),
        ]
        problems = dict.fromkeys((row.name for row in self._sealer.broken(others)), "its seal does not fit")
        problems |= self._put_back()
        if sample is None:
            problems |= self._proofs.problems()
            problems |= dict.fromkeys(self._keys.miscounted(), "its number of citizens is not what a count gives")
        log = self._audit.verify()
        if log.first_bad is not None:
            problems[f"audit entry {log.first_bad}"] = log.problem or "it is not what the console wrote"
        checked = 0
        for batch in self._sweep.batches(sample):
            checked += batch.checked
            problems |= batch.problems
            if progress is not None:
                progress(checked)
        outcome = Outcome.FAILED if problems else Outcome.DONE
        detail = {"checked": checked, "broken": len(problems)}
        self._audit.record(self._audit.entry(session.actor, action=Action.VAULT_VERIFY, outcome=outcome, detail=detail))
        return VaultVerdict(checked, len(others), log.entries, problems)

    def _put_back(self) -> dict[str, str]:
        """Return what has a seal that fits, and is older than the log says: operators, settings, approvals."""
        problems: dict[str, str] = {}
        for thing, check in (
            ("operators", self._register.all),
            ("settings", self._settings.current_rows),
            ("approvals", self._approvals.check),
        ):
            try:
                check()
            except IntegrityFailure as error:
                problems[thing] = error.message
        return problems
