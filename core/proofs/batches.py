"""Issuing the credentials of some citizens at once: for the job, and right after enrolments.

Each is a read like any other, intent, new credential, entry, but the exchanges with HSM and database are
shared. What is wrong with one citizen keeps nobody else from a credential.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from core.access.model import LoginSession
from core.audit.model import Action, Entry, Outcome
from core.audit.service import AuditLog
from core.citizens.opening import CitizenOpening
from core.citizens.recording import Recorder
from core.errors import ChangedMeanwhile, IntegrityFailure
from core.proofs import store
from core.proofs.credential import authority_id
from core.proofs.issuing import RENEWED_BEFORE, CredentialIssuer, StoredCredential, Wanted
from core.storage.database import Database
from core.storage.seal import RowSealer
from core.vault_token import VaultToken


@dataclass(frozen=True)
class Issued:
    """How many credentials were issued, and how many records were not whole: those have an entry each."""

    issued: int = 0
    failed: int = 0

    def __add__(self, other: "Issued") -> "Issued":
        """Return both together."""
        return Issued(self.issued + other.issued, self.failed + other.failed)


class CredentialBatches:
    """Issues for many at once. Thread-safe."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        opening: CitizenOpening,
        issuer: CredentialIssuer,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._opening = opening
        self._issuer = issuer
        self._recorder = Recorder(audit)
        self._now = now

    def missing(self, session: LoginSession, revisions: Mapping[str, int]) -> list[str]:
        """Return those of some citizens, given with their revisions, who have no current credential."""
        with self._database.transaction(seeing=session.seeing) as connection:
            issued = store.issued_for(connection, list(revisions), self._now() + RENEWED_BEFORE)
        return [token for token, revision in revisions.items() if issued.get(token) != revision]

    def issue_missing(self, session: LoginSession, identity_tokens: Sequence[str]) -> Issued:
        """Issue for those of some citizens who are there and have no current credential."""
        return self.issue(session, self.missing(session, self._opening.revisions_of(session, identity_tokens)))

    def issue(self, session: LoginSession, identity_tokens: Sequence[str]) -> Issued:
        """Issue for all of them together; where one of them stands in the way, one by one."""
        if not identity_tokens:
            return Issued()
        try:
            return self._together(session, identity_tokens)
        except (ChangedMeanwhile, IntegrityFailure):
            return sum((self._alone(session, token) for token in identity_tokens), Issued())

    def _alone(self, session: LoginSession, identity_token: str) -> Issued:
        try:
            with self._recorder.recorded(session, Action.PROOF_ISSUE, identity_token), suppress(ChangedMeanwhile):
                return self._together(session, [identity_token])
        except IntegrityFailure:
            return Issued(failed=1)
        return Issued()  # somebody else issued it, or changed this citizen, at the same moment

    def _together(self, session: LoginSession, identity_tokens: Sequence[str]) -> Issued:
        def intent(token: str) -> Entry:
            return self._recorder.entry(session, Action.PROOF_ISSUE, Outcome.INTENT, token)

        with self._opening.all_opened(session, identity_tokens, intent) as citizens:
            tokens = [citizen.identity_token for citizen in citizens]
            with self._database.transaction(seeing=session.seeing) as connection:
                rows = store.rows_of(connection, store.credential, tokens)
            self._sealer.check(list(rows.values()))
            wanted = [Wanted(citizen, StoredCredential(rows.get(citizen.identity_token))) for citizen in citizens]
            wanted.sort(key=lambda one: one.citizen.identity_token)  # so that two batches never wait for each other
            if wanted:
                self._issuer.issue(session, wanted, authority_id(self._token.authority_key()), self._now())
        return Issued(len(wanted))
