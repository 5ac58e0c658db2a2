"""Enrolling the citizens of a CSV file, as a job that may be killed at any moment.

A batch's citizens, its rejected lines and the line to go on from commit in one transaction, so what was
done is done once. While one batch is stored, the next ones are checked, encrypted and sealed in threads.
The user id of a row without one follows from the file and the line: even an import that is told to
begin anew enrols nobody twice. Rejections name line, column and reason, never a value.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from core.access.limits.service import RateLimits
from core.access.model import LoginSession, Permission, require
from core.audit.model import Action
from core.audit.service import AuditLog
from core.citizens import store
from core.citizens.csv_file import CitizenCsv, header_of, write_rejections
from core.citizens.enrolment import ENROLLED_ALREADY, Enrolment, NewRows
from core.citizens.import_batches import ImportBatches, Prepared, checked, short_turns
from core.citizens.import_model import (
    ENROLLED,
    PREVIEW_ROWS,
    REASONS,
    UNIQUE,
    FileColumn,
    ImportPreview,
    ImportReport,
    OnError,
    looked_at,
)
from core.citizens.recording import Recorder
from core.citizens.validation import today
from core.errors import (
    AlreadyExists,
    DatabaseContended,
    DatabaseUnavailable,
    InvalidInput,
    JobCancelled,
    LineRefused,
)
from core.jobs.model import Job, JobKind, JobState, Pace, Progress, Rejection
from core.jobs.service import JobRun, JobService
from core.keys.service import KEK_ATTEMPTS, KekChangedMeanwhile, KeyService
from core.settings.service import SettingsService
from core.states import EVERY_STATE
from core.storage.database import Database
from core.vault_token import VaultToken


class CitizenImport:
    """Imports files of citizens. Thread-safe; each import uses two threads more."""

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        enrolment: Enrolment,
        keys: KeyService,
        settings: SettingsService,
        jobs: JobService,
        limits: RateLimits,
        audit: AuditLog,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._token = token
        self._enrolment = enrolment
        self._batches = ImportBatches(token, enrolment, keys, settings, now)
        self._jobs = jobs
        self._limits = limits
        self._recorder = Recorder(audit)
        self._now = now

    def columns(self, session: LoginSession, path: Path) -> tuple[FileColumn, ...]:
        """Return what each column of a file is, also of one that an import refuses. Raises InvalidInput."""
        require(session, Permission.CITIZEN_ENROL)
        return looked_at(header_of(path))

    def preview(self, session: LoginSession, path: Path, rows: int = PREVIEW_ROWS) -> ImportPreview:
        """Read the beginning of a file and check it. Nothing is stored. Raises InvalidInput."""
        require(session, Permission.CITIZEN_ENROL)
        with CitizenCsv(path) as file:
            first = tuple(islice(file.rows(), rows))
            rejections = [item for row in first for item in checked(session, row, today(self._now()))[1]]
            before = self._jobs.last(JobKind.IMPORT, file.sha256)
            return ImportPreview(file.columns, file.row_count, first, tuple(rejections), before)

    def run(
        self,
        session: LoginSession,
        path: Path,
        on_error: OnError = OnError.STOP,
        *,
        again: bool = False,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        rejected: Callable[[Sequence[Rejection]], None] | None = None,
    ) -> ImportReport:
        """Import a file, or go on with it where it stood; a finished one imports nothing unless told to (`again`).

        `progress` is called after each batch, `rejected` with what it set aside; `cancelled` is asked before each: the
        report then says so. Raises InvalidInput for a file or line that is refused, LimitReached, JobRunsElsewhere, or
        what ended the work; what was stored before stays.
        """
        with self._recorder.recorded(session, Action.JOB_START):
            require(session, Permission.CITIZEN_ENROL)
            with (
                self._limits.import_slot(session),
                CitizenCsv(path) as file,
                self._jobs.run(session, JobKind.IMPORT, file.sha256, file.row_count, again=again) as run,
                short_turns(),
            ):
                if run.job.state is JobState.FINISHED:
                    return ImportReport(run.job, already=True)
                job = self._work(session, run, file, on_error, progress or _unseen, rejected or _unseen, cancelled)
                return ImportReport(job, already=False)

    def rejections(self, session: LoginSession, job: Job) -> Iterator[Rejection]:
        """Give the lines that an import set aside, in their order."""
        require(session, Permission.CITIZEN_ENROL)
        after = (0, "")
        while found := self._jobs.rejections(job.job_id, after):
            yield from found
            after = (found[-1].line, found[-1].field)

    def write_report(self, session: LoginSession, job: Job, path: Path) -> None:
        """Write the rejected lines as CSV: line, column, reason."""
        write_rejections(path, self.rejections(session, job))

    def _work(
        self,
        session: LoginSession,
        run: JobRun,
        file: CitizenCsv,
        on_error: OnError,
        progress: Callable[[Progress], None],
        rejected: Callable[[Sequence[Rejection]], None],
        cancelled: Callable[[], bool],
    ) -> Job:
        pace = Pace(time.monotonic(), run.job.done)
        try:
            if on_error is OnError.STOP:
                self._refuse_broken(session, file, run.job.position)
            with closing(self._batches.prepared(session, run.job, file)) as batches:
                for batch in batches:
                    if cancelled():
                        return self._jobs.end(session, run, JobState.CANCELLED)
                    file.check_unchanged()
                    set_aside = self._store(session, run, batch, on_error)
                    if set_aside:
                        rejected(set_aside)
                    job = run.job
                    progress(pace.at(time.monotonic(), job.done, job.total, job.counts))
        except JobCancelled:
            return replace(run.job, state=JobState.CANCELLED, live=False)  # by another process, which wrote the entry
        except InvalidInput as error:
            self._jobs.end(session, run, JobState.FAILED, error.code)
            raise
        return self._jobs.end(session, run, JobState.FINISHED)

    def _refuse_broken(self, session: LoginSession, file: CitizenCsv, position: int) -> None:
        """Raise InvalidInput for the first broken row, before any of them is enrolled."""
        day = today(self._now())
        for row in file.rows(position):
            for rejection in checked(session, row, day)[1]:
                raise _stopped(rejection)

    def _store(self, session: LoginSession, run: JobRun, batch: Prepared, on_error: OnError) -> list[Rejection]:
        """Store a batch whole, whatever others do meanwhile; returns what it set aside."""
        session.still_open()
        for _ in range(KEK_ATTEMPTS):
            try:
                return self._try_to_store(session, run, batch, on_error)
            except (AlreadyExists, DatabaseContended):
                continue  # another console enrols one of them at this moment: found when looked for again
            except KekChangedMeanwhile:
                batch = self._batches.wrapped_anew(session, batch)
        raise DatabaseUnavailable("Other consoles enrol so much that a batch could not be stored. Try again.")

    def _try_to_store(self, session: LoginSession, run: JobRun, batch: Prepared, on_error: OnError) -> list[Rejection]:
        # Also those of states that are not the operator's: a person is enrolled once, wherever.
        with self._database.transaction(seeing=EVERY_STATE) as connection:
            taken = store.taken(connection, [row.directory for row in batch.rows])
        new: list[NewRows] = []
        rejections = list(batch.rejections)
        for line, row in zip(batch.lines, batch.rows, strict=True):
            values = [(column, row.directory[column]) for column in UNIQUE if row.directory[column] is not None]
            known = next((UNIQUE[column] for column, value in values if (column, value) in taken), None)
            if known is None:
                taken.update(values)
                new.append(row)
                continue
            rejections.append(Rejection(line, known, ENROLLED))
            if on_error is OnError.STOP:
                raise _stopped(rejections[-1])
        job = run.job
        counts = {
            "imported": job.counts.get("imported", 0) + len(new),
            "rejected": job.counts.get("rejected", 0) + len({rejection.line for rejection in rejections}),
        }
        entries, made = self._enrolment.drafted(session, new), list[bytes]()

        def macs(job_row: Sequence[bytes]) -> list[bytes]:
            seals, made[:] = self._token.check_macs(job_row, entries.exact)
            return seals

        step = run.sealed(macs, done=job.done + batch.records, position=batch.last_line, counts=counts)
        with self._database.transaction(ENROLLED_ALREADY, seeing=session.seeing) as connection:
            run.step(connection, step, rejections)
            if new and batch.kek is not None:
                self._enrolment.store(connection, batch.kek, new, entries, made)
        run.stepped(step)
        return rejections


def _stopped(rejection: Rejection) -> LineRefused:
    words = REASONS.get(rejection.reason, "It is not valid.")
    return LineRefused(f"Line {rejection.line}, {rejection.field}: {words}", rejection)


def _unseen(_: object) -> None:
    """Take what nobody looks at."""
