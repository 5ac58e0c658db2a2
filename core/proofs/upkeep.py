"""Keeps credentials in step with the records: an old one goes with the change, a new one comes right after it.

Issuing is no part of the enrolment: it begins once the enrolment is committed, half a second later in a
thread of its own, many together. What fails here, or is lost with the process, fails nothing else: the first proof
or the job issues it.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from core.access.model import LoginSession
from core.errors import CitizenZeroError
from core.jobs.model import Job, Progress
from core.proofs import store
from core.proofs.batches import CredentialBatches
from core.proofs.reissue import BATCH, CredentialReissue
from core.storage.statement import Statement

DELAY_SECONDS = 0.5


class CredentialUpkeep:
    """The `CitizenObserver` of the proofs. Thread-safe.

    `at_once` can be off: for measuring enrolment alone, and for a demo, which lives a week in seconds.
    """

    def __init__(self, batches: CredentialBatches, job: CredentialReissue, *, at_once: bool = True) -> None:
        self._batches = batches
        self._job = job
        self._at_once = at_once
        self._lock = threading.Lock()
        self._issuing = threading.Lock()
        self._waiting: list[tuple[LoginSession, str]] = []
        self._timer: threading.Timer | None = None
        self._running: threading.Thread | None = None
        self._ended: Job | None = None
        self._stopped = threading.Event()
        self._tell: Callable[[Progress], None] = _unseen

    # --- told by the citizens ----------------------------------------------------------------------

    def changed(self, identity_token: str) -> Sequence[Statement]:
        """Remove the credential and its openings together with a change of the record."""
        return [store.removal(identity_token)]

    def stored(self, session: LoginSession, identity_tokens: Sequence[str]) -> None:
        """Issue for these citizens soon."""
        if not self._at_once:
            return
        with self._lock:
            self._waiting += ((session, token) for token in identity_tokens)
            if self._timer is None:
                self._timer = threading.Timer(DELAY_SECONDS, self.issue_waiting)
                self._timer.daemon = True
                self._timer.start()

    # --- asked by whoever imported -----------------------------------------------------------------

    def start_job(self, session: LoginSession) -> None:
        """Start the job that issues for all who have no credential: after an import, in a thread of its own."""
        with self._lock:
            if not self._at_once or (self._running is not None and self._running.is_alive()):
                return  # the one that runs looks again at the end for those who came meanwhile
            self._stopped.clear()
            self._ended = None
            self._running = threading.Thread(target=self._run_job, args=[session], name="credentials", daemon=True)
            self._running.start()

    # --- waited for --------------------------------------------------------------------------------

    def issue_waiting(self) -> None:
        """Issue at once for all who wait; returns when that is done, also where another thread does it."""
        with self._issuing:
            with self._lock:
                waiting, self._waiting = self._waiting, []
                timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            with suppress(CitizenZeroError):  # the module's words say why
                for session, tokens in _batches(waiting):
                    session.still_open()
                    self._batches.issue_missing(session, tokens)

    def wait(self, tell: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Job | None:
        """Wait for the job that was started, telling how far it is; cancelled, it stops before its next batch.

        Returns how it ended; None if none was started, or something else ended it.
        """
        self._tell = tell
        while (work := self._running) is not None and work.is_alive():
            work.join(0.1)
            if cancelled():
                self._stopped.set()
        self._tell = _unseen
        return self._ended

    def finish(self) -> None:
        """Before the HSM closes: issue for those who wait, stop the job before its next batch. Raises nothing."""
        self._stopped.set()
        self.issue_waiting()
        if self._running is not None:
            self._running.join()

    def _run_job(self, session: LoginSession) -> None:
        with suppress(CitizenZeroError):  # its row says how it ended
            self._ended = self._job.run(session, self._told, self._stopped.is_set)

    def _told(self, progress: Progress) -> None:
        self._tell(progress)  # whoever waits came after the job had begun


def _batches(waiting: Sequence[tuple[LoginSession, str]]) -> list[tuple[LoginSession, list[str]]]:
    """Return who waits, each once, by the operator who enrolled or changed them, as many as go together."""
    by_session: dict[str, tuple[LoginSession, dict[str, None]]] = {}
    for session, token in waiting:
        by_session.setdefault(session.actor.login_session, (session, {}))[1][token] = None
    return [
        (session, list(tokens)[start : start + BATCH])
        for session, tokens in by_session.values()
        for start in range(0, len(tokens), BATCH)
    ]


def _unseen(_: Progress) -> None:
    """Take what nobody looks at."""
