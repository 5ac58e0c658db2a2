"""The register of operators: their sealed rows, read and checked. `operators.py` and `invitations.py` change them."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from core.access import store
from core.access.model import OperatorState, Role
from core.access.records import OperatorSecrets, key_digest, new_operator
from core.audit.governance import GovernanceLog, Newest
from core.audit.model import Action, Actor, Entry, Outcome
from core.audit.service import AuditLog
from core.errors import AlreadyExists, CitizenZeroError, IntegrityFailure, NotFound
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from hsm.secret import Secret

ENOUGH_FOR_DUAL_CONTROL = 2


class OperatorRegister:
    """Who is an operator. Thread-safe."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        governance: GovernanceLog,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._governance = governance
        self._audit = audit
        self._now = now

    def store_first(self, connection: Connection, actor: Actor, password: Secret, secrets: OperatorSecrets) -> Entry:
        """Add the first super admin of a new vault, whose token is open already; returns the entry to append."""
        row = new_operator(actor.operator, password, Role.SUPER_ADMIN, secrets, self._now())
        store.add(connection, self._sealer.seal([(store.operator.name, row)])[0])
        detail = {
            "operator": actor.operator,
            "role": Role.SUPER_ADMIN.value,
            "revision": 1,
            "signing_key": key_digest(row["signing_public"]),
        }
        return self._audit.entry(actor, action=Action.OPERATOR_ADD, outcome=Outcome.DONE, detail=detail)

    def all(self) -> list[SealedRow]:
        """Return all operators' rows. Raises IntegrityFailure where one was forged, changed or put back."""
        with self._database.snapshot() as connection:
            rows, (newest, joined) = store.every(connection), self._governance.operators(connection)
        self._check(rows, newest, joined)
        self._governance.check_present(rows, newest)
        return rows

    def one(self, name: str) -> SealedRow:
        """Return one operator's row, checked as `all` checks it. Raises NotFound."""
        with self._database.snapshot() as connection:
            row, (newest, joined) = store.find(connection, name), self._governance.operators(connection)
        if row is None:
            self._governance.check_present([], {name: newest[name]} if name in newest else {})
            raise NotFound("There is no operator with this name.")
        self._check([row], newest, joined)
        return row

    def _check(self, rows: list[SealedRow], newest: Newest, joined: Newest) -> None:
        """Raise IntegrityFailure for a row that was edited or put back, or whose key its joining did not certify."""
        self._sealer.check(rows)
        self._governance.check(rows, newest)
        certificates = {name: entry for row in rows if (entry := joined.get(name := str(row.columns["name"])))}
        self._governance.check_entries(list(certificates.values()))
        for row in rows:
            certificate = certificates.get(str(row.columns["name"]))
            # A vault of an older console has no certificate of its first operator: the seal alone stands for that key.
            if certificate and certificate.detail.get("signing_key") != key_digest(row.columns["signing_public"]):
                raise IntegrityFailure(f"The {row.name} holds another signing key than the log certifies.")

    def super_admins(self) -> list[str]:
        """Return the names of the active super admins: those who may approve."""
        return [str(row.columns["name"]) for row in self.all() if is_active_super_admin(row)]

    def open_invitations(self) -> list[SealedRow]:
        """Return the invitations that may still be used, their seals checked."""
        with self._database.transaction() as connection:
            rows = store.open_invitations(connection, self._now())
        self._sealer.check(rows)
        return rows

    def rows(self) -> list[SealedRow]:
        """Return all sealed rows unchecked, for whoever checks the whole vault."""
        with self._database.transaction() as connection:
            return [*store.every(connection), *store.every_invitation(connection)]

    def count_active(self) -> tuple[int, int]:
        """Count the active operators, and the super admins among them, seals not checked: for a locked console."""
        with self._database.transaction() as connection:
            return store.count_active(connection)

    @staticmethod
    def conflicts() -> dict[str, CitizenZeroError]:
        """Return what a violated constraint of this subject means."""
        return {"operator_pkey": AlreadyExists("An operator with this name exists already.", field="operator")}


def is_active_super_admin(row: SealedRow) -> bool:
    """Tell whether a row is that of an operator who may approve."""
    columns = row.columns
    return (columns["state"], columns["role"]) == (OperatorState.ACTIVE.value, Role.SUPER_ADMIN.value)
