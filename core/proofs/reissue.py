"""Issues credentials for all who have none that is current: enrolled before there were any, imported, or changed.

Who is left shows in the database itself, so a killed run has nothing to remember; the job tells how far it is.
"""

import time
from collections.abc import Callable, Iterator

from core.access.model import LoginSession, Permission, require
from core.audit.model import Action
from core.audit.service import AuditLog
from core.citizens.opening import CitizenOpening
from core.citizens.recording import Recorder
from core.errors import JobCancelled
from core.jobs.model import Job, JobKind, JobState, Pace, Progress
from core.jobs.service import JobRun, JobService
from core.proofs.batches import CredentialBatches, Issued
from core.storage.database import Database

BATCH = 50
LOOKED_AT = 1_000  # citizens, by one query
SUBJECT = "all citizens"


class CredentialReissue:
    """Goes through all citizens and issues what is missing."""

    def __init__(
        self,
        database: Database,
        opening: CitizenOpening,
        batches: CredentialBatches,
        jobs: JobService,
        audit: AuditLog,
    ) -> None:
        self._database = database
        self._opening = opening
        self._batches = batches
        self._jobs = jobs
        self._recorder = Recorder(audit)

    def run(
        self,
        session: LoginSession,
        progress: Callable[[Progress], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Job:
        """Issue all that are missing. Raises JobRunsElsewhere, or what ended the work; what was done stays."""
        with self._recorder.recorded(session, Action.JOB_START):
            require(session, Permission.CITIZEN_CHANGE)
            total = sum(len(missing) for missing in self._missing(session))
            with self._jobs.run(session, JobKind.ISSUE_CREDENTIALS, SUBJECT, total, again=True) as run:
                return self._go(session, run, progress, cancelled)

    def _go(
        self, session: LoginSession, run: JobRun, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Job:
        """Go through all citizens until a round issues nothing: others enrol and import meanwhile."""
        pace = Pace(time.monotonic(), run.job.done)
        made = Issued(run.job.counts.get("issued", 0))
        before = -1
        while made.issued > before:
            before, made = made.issued, Issued(made.issued)
            for missing in self._missing(session):
                if cancelled():
                    return self._jobs.end(session, run, JobState.CANCELLED)
                session.still_open()
                made += self._batches.issue(session, missing)
                counts = {"issued": made.issued} | ({"failed": made.failed} if made.failed else {})
                step = run.sealed(done=made.issued, counts=counts)
                try:
                    with self._database.transaction() as connection:
                        run.step(connection, step)
                except JobCancelled:
                    return run.job
                run.stepped(step)
                progress(pace.at(time.monotonic(), made.issued, max(run.job.total, made.issued), run.job.counts))
        return self._jobs.end(session, run, JobState.FINISHED)

    def _missing(self, session: LoginSession) -> Iterator[list[str]]:
        """Give those without a current credential, as many as are issued for together."""
        after = ""
        while batch := self._opening.revisions_after(session, after, LOOKED_AT):
            missing = self._batches.missing(session, batch)
            yield from (missing[start : start + BATCH] for start in range(0, len(missing), BATCH))
            after = next(reversed(batch))
