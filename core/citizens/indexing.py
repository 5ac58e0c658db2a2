"""Makes citizens found by name who were enrolled before there was a search by name (schema 0001).

Each of them is a change like any other: intent, new digests, new revision, entry. Who is left shows in
the database itself, so a killed run has nothing to remember; the job tells how far it is.
"""

import time
from collections.abc import Callable

from core.access.model import LoginSession, Permission, require
from core.audit.model import Action
from core.audit.service import AuditLog
from core.citizens import store
from core.citizens.recording import Recorder
from core.citizens.service import CitizenService
from core.errors import ChangedMeanwhile, JobCancelled
from core.jobs.model import Job, JobKind, JobState, Pace, Progress
from core.jobs.service import JobService
from core.storage.database import Database

BATCH = 50
SUBJECT = "all citizens"


class NameIndexing:
    """Indexes the names that never were."""

    def __init__(self, database: Database, citizens: CitizenService, jobs: JobService, audit: AuditLog) -> None:
        self._database = database
        self._citizens = citizens
        self._jobs = jobs
        self._recorder = Recorder(audit)

    def run(
        self,
        session: LoginSession,
        progress: Callable[[Progress], None] = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Job:
        """Index all that are left. Raises JobRunsElsewhere, or what ended the work; what was done stays."""
        with self._recorder.recorded(session, Action.JOB_START):
            require(session, Permission.CITIZEN_CHANGE)
            with self._database.transaction(seeing=session.seeing) as connection:
                left = store.unindexed(connection)
            with self._jobs.run(session, JobKind.INDEX_NAMES, SUBJECT, left, again=True) as run:
                pace, after, done = Pace(time.monotonic(), 0), "", run.job.done
                while tokens := self._next(session, after):
                    if cancelled():
                        return self._jobs.end(session, run, JobState.CANCELLED)
                    for token in tokens:
                        self._index(session, token)
                    after, done = tokens[-1], done + len(tokens)
                    step = run.sealed(done=done, counts={"indexed": done})
                    try:
                        with self._database.transaction() as connection:
                            run.step(connection, step)
                    except JobCancelled:
                        return run.job
                    run.stepped(step)
                    progress(pace.at(time.monotonic(), done, max(run.job.total, done), run.job.counts))
                return self._jobs.end(session, run, JobState.FINISHED)

    def _next(self, session: LoginSession, after: str) -> list[str]:
        with self._database.transaction(seeing=session.seeing) as connection:
            return store.without_name_digests(connection, after, BATCH)

    def _index(self, session: LoginSession, token: str) -> None:
        try:
            self._citizens.index_name(session, token)
        except ChangedMeanwhile:
            return  # somebody changed this citizen at the same moment, and any change indexes the name
