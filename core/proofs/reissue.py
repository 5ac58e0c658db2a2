"""Issues credentials for all who have none that is current: enrolled before there were any, or changed since.

Each is a read like any other: intent, new credential, entry. Who is left shows in the database itself, so a
killed run has nothing to remember; the job tells how far it is.
"""

import time
from collections.abc import Callable
from datetime import datetime

from core.access.model import LoginSession, Permission, require
from core.audit.model import Action, Outcome
from core.audit.service import AuditLog
from core.citizens.opening import CitizenOpening
from core.citizens.recording import Recorder
from core.errors import ChangedMeanwhile, JobCancelled
from core.jobs.model import Job, JobKind, JobState, Pace, Progress
from core.jobs.service import JobRun, JobService
from core.proofs import store
from core.proofs.credential import authority_id
from core.proofs.issuing import RENEWED_BEFORE, CredentialIssuer, StoredCredential
from core.storage.database import Database
from core.storage.seal import RowSealer
from core.vault_token import VaultToken

BATCH = 50
SUBJECT = "all citizens"


class CredentialReissue:
    """Goes through all citizens and issues what is missing."""

    def __init__(
        self,
        database: Database,
        sealer: RowSealer,
        opening: CitizenOpening,
        issuer: CredentialIssuer,
        jobs: JobService,
        audit: AuditLog,
        token: VaultToken,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._opening = opening
        self._issuer = issuer
        self._jobs = jobs
        self._recorder = Recorder(audit)
        self._token = token
        self._now = now

    def run(
        self,
        session: LoginSession,
        progress: Callable[[Progress], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Job:
        """Issue all that are missing. Raises JobRunsElsewhere, or what ended the work; what was done stays."""
        with self._recorder.recorded(session, Action.JOB_START):
            require(session, Permission.CITIZEN_CHANGE)
            total = len(self._missing(session))
            with self._jobs.run(session, JobKind.ISSUE_CREDENTIALS, SUBJECT, total, again=True) as run:
                return self._go(session, run, progress, cancelled)

    def _go(
        self, session: LoginSession, run: JobRun, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Job:
        pace, done = Pace(time.monotonic(), 0), run.job.done
        after = ""
        while batch := self._opening.revisions_after(session, after, BATCH):
            if cancelled():
                return self._jobs.end(session, run, JobState.CANCELLED)
            after = next(reversed(batch))
            missing = self._without(batch)
            for token in missing:
                self._issue(session, token)
            if not missing:
                continue
            done += len(missing)
            step = run.sealed(done=done, counts={"issued": done})
            try:
                with self._database.transaction() as connection:
                    run.step(connection, step)
            except JobCancelled:
                return run.job
            run.stepped(step)
            progress(pace.at(time.monotonic(), done, max(run.job.total, done), run.job.counts))
        return self._jobs.end(session, run, JobState.FINISHED)

    def _missing(self, session: LoginSession) -> list[str]:
        found: list[str] = []
        after = ""
        while batch := self._opening.revisions_after(session, after, 1_000):
            found += self._without(batch)
            after = next(reversed(batch))
        return found

    def _without(self, revisions: dict[str, int]) -> list[str]:
        """Return those of some citizens who have no current credential."""
        with self._database.transaction() as connection:
            issued = store.issued_for(connection, list(revisions), self._now() + RENEWED_BEFORE)
        return [token for token, revision in revisions.items() if issued.get(token) != revision]

    def _issue(self, session: LoginSession, identity_token: str) -> None:
        intent = self._recorder.entry(session, Action.PROOF_ISSUE, Outcome.INTENT, identity_token)
        try:
            with self._opening.opened(session, identity_token, intent) as citizen:
                with self._database.transaction() as connection:
                    row = store.row_of(connection, store.credential, identity_token)
                self._sealer.check([] if row is None else [row])
                self._issuer.issue(
                    session, citizen, StoredCredential(row), authority_id(self._token.authority_key()), self._now()
                )
        except ChangedMeanwhile:
            return  # somebody else issued it, or changed this citizen, at the same moment
