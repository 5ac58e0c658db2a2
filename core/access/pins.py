"""The token's PIN: logging in with it, and changing it when an operator goes.

A change is safe to kill at any point. First the new PIN is sealed to everybody who stays, beside the present one,
and committed with the intent; then the token changes it; then the new seals take the place of the old. Whoever
signs in and finds a new PIN beside the present one finishes what was begun: the new PIN is tried first, then the
present one, once each. Which of the two the token knows cannot be asked, so one wrong attempt may be counted
by a token that counts; the right one that follows sets its counter back.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from core.access import store
from core.access.operator_keys import seal_to
from core.access.records import PIN_PURPOSE, Opener
from core.audit.governance import GovernanceLog
from core.audit.model import Action, Actor, Entry, Outcome
from core.audit.service import AuditLog
from core.errors import ChangedMeanwhile, CitizenZeroError, HsmPinRefused, Refused
from core.settings.service import SettingsService
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken
from hsm.secret import Secret

PENDING = "pin_pending_sealed"
PRESENT = "pin_sealed"
_LOCK = int.from_bytes(b"cz-token")  # PostgreSQL numbers its advisory locks, 64 bits
_PATIENCE_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.1
_PIN_BYTES = 24  # 32 letters and digits, within what PKCS#11 tokens take


class TokenPin:
    """Logs in to the token, and changes its PIN. Thread-safe, one change at a time among all processes."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        settings: SettingsService,
        governance: GovernanceLog,
        audit: AuditLog,
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._settings = settings
        self._governance = governance
        self._audit = audit

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold off every other process that changes operators. Raises Refused when it takes too long."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with self._database.advisory_lock(_LOCK) as held:
                if held:
                    yield
                    return
            if time.monotonic() > until:
                raise Refused(
                    "Another console is changing the operators at this moment.", remedy="Try again in a few seconds."
                )
            time.sleep(_LOOK_AGAIN_SECONDS)

    def log_in(self, actor: Actor, row: SealedRow, opener: Opener) -> None:
        """Open the token with the PIN that is sealed in a row; finish a change of the PIN that was left half done."""
        if row.columns.get(PENDING) is None:
            self._log_in(opener.open(row.columns[PRESENT], PIN_PURPOSE))
            return
        with self.exclusive():
            row = self._again(row)
            if row.columns.get(PENDING) is None:
                self._log_in(opener.open(row.columns[PRESENT], PIN_PURPOSE))
                return
            self._finish_what_was_begun(actor, row, opener)

    def log_out(self) -> None:
        """Close the token and forget the PIN."""
        self._token.log_out()

    @staticmethod
    def new_pin() -> Secret:
        """Return a random PIN."""
        return Secret(secrets.token_urlsafe(_PIN_BYTES))

    @staticmethod
    def refuse_half_done(rows: Sequence[SealedRow]) -> None:
        """Raise Refused while a change of the PIN waits to be finished.

        A second one would take the place of the PIN that the token may have by now, and nobody could open it again.
        """
        if any(_waits(row) for row in rows):
            raise Refused(
                "The last change of the token's PIN is not finished.",
                remedy="Lock the console and sign in again: that finishes it.",
            )

    def pending(self, rows: Sequence[SealedRow], new: Secret) -> list[Mapping[str, Any]]:
        """Return the rows' columns with a new PIN beside the present one, not yet sealed.

        Their revisions stay: a revision counts what an operator is, not what is sealed to the operator.
        """
        return [{**row.columns, PENDING: seal_to(row.columns["encryption_public"], new, PIN_PURPOSE)} for row in rows]

    def change(self, new: Secret, outcome: Entry) -> None:
        """Change the token's PIN, whose new seals are committed already, and let them take the old ones' place."""
        self._token.change_pin(new)
        self._promote(outcome)

    def _finish_what_was_begun(self, actor: Actor, row: SealedRow, opener: Opener) -> None:
        new = opener.open(row.columns[PENDING], PIN_PURPOSE)
        try:
            self._log_in(Secret(new.reveal()))
            changed = True
        except HsmPinRefused:
            self._log_in(opener.open(row.columns[PRESENT], PIN_PURPOSE))
            changed = False
        try:
            # Nobody's PIN is changed to, and nothing put in place, before the seal says that the console wrote it.
            self._sealer.check([row])
            if not changed:
                self._token.change_pin(new)
            self._promote(self._outcome(actor))
        except CitizenZeroError:
            self._token.log_out()
            raise
        finally:
            new.wipe()

    def _promote(self, outcome: Entry) -> None:
        """Put the new seals in the old ones' place, everywhere, with the outcome's entry."""
        with self._database.transaction() as connection:
            rows = [row for row in (*store.every(connection), *store.every_invitation(connection)) if _waits(row)]
        self._sealer.check(rows)
        columns = [{**row.columns, PRESENT: row.columns[PENDING], PENDING: None} for row in rows]
        sealed = self._sealer.seal([(row.table, column) for row, column in zip(rows, columns, strict=True)])
        with self._database.transaction() as connection:
            for row, column in zip(rows, sealed, strict=True):
                if not store.replace(connection, row, column):
                    raise ChangedMeanwhile("An operator's record was changed at the same moment.")
            self._audit.append(connection, outcome)

    def _outcome(self, actor: Actor) -> Entry:
        """Return the outcome that belongs to the newest intent."""
        intent = self._governance.newest_of(Action.OPERATOR_DISABLE, Outcome.INTENT)
        detail: dict[str, Any] = {} if intent is None else {**_about(intent.detail), "intent": intent.index}
        return self._audit.entry(actor, action=Action.OPERATOR_DISABLE, outcome=Outcome.DONE, detail=detail)

    def _again(self, row: SealedRow) -> SealedRow:
        with self._database.transaction() as connection:
            if row.table == store.operator.name:
                found = store.find(connection, row.columns["name"])
            else:
                found = store.find_invitation(connection, row.columns["invitation_id"])
        return row if found is None else found

    def _log_in(self, pin: Secret) -> None:
        try:
            self._token.log_in(self._settings.read().token, pin)
        finally:
            pin.wipe()


def _waits(row: SealedRow) -> bool:
    return row.columns.get(PENDING) is not None


def _about(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {name: detail[name] for name in ("operator", "revision") if name in detail}
