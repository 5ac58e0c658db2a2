"""What a job is, and how fast it goes. No I/O, the time is passed in."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from core.access.model import Permission

PACE_SECONDS = 10.0
PACE_FIRST_SECONDS = 1.0


class JobKind(StrEnum):
    """Which work."""

    IMPORT = "import"
    INDEX_NAMES = "index_names"
    ISSUE_CREDENTIALS = "issue_credentials"


class JobState(StrEnum):
    """How a job is. A running one whose process died goes on where it stood when it is started again."""

    RUNNING = "running"
    CANCELLED = "cancelled"
    FAILED = "failed"
    FINISHED = "finished"


NEEDS: Mapping[JobKind, Permission] = MappingProxyType(
    {
        JobKind.IMPORT: Permission.CITIZEN_ENROL,
        JobKind.INDEX_NAMES: Permission.CITIZEN_CHANGE,
        JobKind.ISSUE_CREDENTIALS: Permission.CITIZEN_CHANGE,
    }
)


@dataclass(frozen=True)
class Job:
    """One job. `subject` identifies the work (an import: the file's SHA-256); `done` of `total` are its units.

    `position` is what the work itself needs to go on, `counts` what it made; neither holds personal data.
    `live` tells whether a process works on it now.
    """

    job_id: UUID
    kind: JobKind
    subject: str = field(repr=False)
    state: JobState
    operator: str
    done: int
    total: int
    position: int
    counts: Mapping[str, int]
    seconds: float
    error: str | None
    started_at: datetime
    updated_at: datetime
    live: bool = False

    @property
    def resumable(self) -> bool:
        """Tell whether starting it again goes on where it stood."""
        return self.state is not JobState.FINISHED and not self.live


class Rejection(NamedTuple):
    """What a job set aside: the line, the column, and a reason code. Never a value."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a job is. `rate` is units a second of late, `remaining` seconds; None until it can be said honestly."""

    done: int
    total: int
    counts: Mapping[str, int]
    rate: float | None
    remaining: float | None


class Pace:
    """The rate of the last ten seconds: what came before says little about what is left."""

    def __init__(self, now: float, done: int) -> None:
        self._marks: deque[tuple[float, int]] = deque([(now, done)])

    def at(self, now: float, done: int, total: int, counts: Mapping[str, int]) -> Progress:
        """Return the progress at a time of a monotonic clock."""
        self._marks.append((now, done))
        while now - self._marks[0][0] > PACE_SECONDS:
            self._marks.popleft()
        since, before = self._marks[0]
        if now - since < PACE_FIRST_SECONDS or done <= before:
            return Progress(done, total, dict(counts), None, None)
        rate = (done - before) / (now - since)
        return Progress(done, total, dict(counts), rate, (total - done) / rate)
