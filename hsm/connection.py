"""One worker process and the log-in that it holds: turns, deadlines, restart, and the fate of the PIN.

* One call at a time, in the order of asking; a deadline counts from the moment a call gets its turn.
* When it passes, the worker is killed; the next call starts a new one and restores the log-in.
* No call is repeated by itself, and a refused PIN is forgotten at once.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

from hsm import errors, requests, wire
from hsm.fair_lock import FairLock
from hsm.model import TokenBinding, TokenFacts
from hsm.secret import Secret
from hsm.turn import Turn
from hsm.worker_process import DeadlinePassed, WorkerEnded, WorkerProcess

_Reply = TypeVar("_Reply")
NOT_LOGGED_IN: Final = "The console is not logged in to the token."


@dataclass
class _Login:
    """The kept log-in, with which a new worker is logged in."""

    binding: TokenBinding
    pin: Secret


class Connection:
    """Asks requests of a worker, whichever process that is at the moment."""

    def __init__(
        self, module: Path, environment: Mapping[str, str], *, deadline: float, command: Sequence[str]
    ) -> None:
        self.module = module
        self.environment = dict(environment)
        self.deadline = deadline
        self.command = tuple(command)
        self._turn = FairLock()
        self._pin_guard = Lock()  # the PIN is never wiped while it is being read
        self._login: _Login | None = None
        self._worker: WorkerProcess | None = None
        self._opening = False  # the reply to Open has not been read yet
        self._worker_logged_in = False

    @property
    def binding(self) -> TokenBinding | None:
        """The token that calls go to, or None while nobody is logged in."""
        login = self._login
        return None if login is None else login.binding

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, if there is one."""
        worker = self._worker
        return None if worker is None else worker.pid

    def start(self) -> None:
        """Start the worker and let it open the module, without waiting for either."""
        with self._turn, self.translated("start the HSM worker"):
            self._spawn_if_needed()

    def log_in(self, binding: TokenBinding, pin: Secret, deadline: float | None) -> TokenFacts:
        """Log in once. Whatever goes wrong, no log-in is left behind."""
        kept = _Login(binding, Secret(pin.reveal()))
        with self._turn, self.translated("log in", binding):
            self._forget()
            if self._worker_logged_in:
                # A logged-in session would accept any PIN, so each log-in has a worker of its own.
                self._end_worker()
            try:
                self._ready()
                facts = self._log_worker_in(kept, self.deadline if deadline is None else deadline, restoring=False)
            except BaseException:
                kept.pin.wipe()
                raise
            self._login = kept
            return facts

    def log_out(self) -> None:
        """Wipe the PIN and end the worker. A call under way finishes first; waiting ones are refused."""
        self._forget()
        with self._turn:
            self._forget()  # of a log-in that was waiting for its turn ahead of this call
            self._end_worker()

    def kept_pin(self) -> Secret:
        """Return a copy of the PIN that the log-in is restored with; raises NotLoggedIn."""
        login = self._login
        if login is None:
            raise errors.NotLoggedIn(NOT_LOGGED_IN)
        return Secret(self._reveal(login))

    def replace_pin(self, new: Secret) -> None:
        """Change the token's PIN, and restore the log-in with the new one from then on."""
        with self.kept_pin_revealed() as old:
            self.ask(requests.ChangePin(old, new.reveal()), requests.Done, "change the PIN")
        with self._pin_guard:
            if self._login is not None:
                self._login.pin.wipe()
                self._login = _Login(self._login.binding, Secret(new.reveal()))

    def expect_no_more(self, label: str) -> None:
        """Leave a destroyed key out of what a restored log-in compares."""
        with self._pin_guard:
            if self._login is not None:
                kept = self._login.binding
                values = {name: value for name, value in kept.check_values.items() if name != label}
                self._login.binding = TokenBinding(kept.label, kept.serial, values)

    @contextmanager
    def kept_pin_revealed(self) -> Iterator[bytes]:
        """Give the PIN's bytes for one use and wipe the copy afterwards."""
        pin = self.kept_pin()
        try:
            yield pin.reveal()
        finally:
            pin.wipe()

    def ask(
        self,
        request: object,
        expected: type[_Reply],
        doing: str,
        deadline: float | None = None,
        *,
        needs_login: bool = True,
    ) -> _Reply:
        """Take a turn, see that a worker is ready (and logged in), exchange one request and reply."""
        frame = wire.pack(request)
        with self.turn(doing, deadline, needs_login=needs_login) as turn:
            return turn.send(frame, expected, doing)()

    @contextmanager
    def turn(self, doing: str, deadline: float | None = None, *, needs_login: bool = True) -> Iterator[Turn]:
        """Give a turn with a worker that is ready (and logged in); other callers wait until it is over.

        Inside it, nothing else may be asked of this connection, and nothing waited for that may wait for a turn.
        """
        with self._turn:
            with self.translated(doing):
                self._ready_and_logged_in(needs_login=needs_login)
            turn = Turn(self, self.deadline if deadline is None else deadline, needs_login=needs_login)
            try:
                yield turn
            finally:
                turn.settle()

    @contextmanager
    def translated(self, doing: str, binding: TokenBinding | None = None) -> Iterator[None]:
        """Turn every end of a call into an HsmError with its details, and leave no half-read pipe behind."""
        began = time.monotonic()
        binding = binding or self.binding
        try:
            yield
        except DeadlinePassed as error:
            self._kill_worker()
            waited = f"{time.monotonic() - began:.1f} s, then the HSM worker was ended"
            raise _not_answering(doing, waited, self._place(binding)) from error
        except WorkerEnded as error:
            how = self._worker.how_it_ended() if self._worker is not None else "ended by itself"
            self._kill_worker()
            waited = f"{time.monotonic() - began:.1f} s, then the HSM worker {how}"
            raise _not_answering(doing, waited, self._place(binding)) from error
        except OSError as error:
            self._kill_worker()
            raise _not_answering("start the HSM worker", f"refused: {error.strerror}", self._place(binding)) from error
        except errors.HsmError as error:
            error.details = {"Doing": doing, **self._place(binding), **error.details}
            raise
        except BaseException:
            # Interrupted between request and reply (Ctrl+C): the next reply would be taken for another's.
            self._kill_worker()
            raise

    def write(self, frame: bytes, until: float, *, more: bool = False) -> None:
        """Send a request; `more` where earlier ones are not answered yet. For whoever has the turn."""
        self._present().send(frame, until, more=more)

    def read(self, expected: type[_Reply], until: float) -> _Reply:
        """Return the next reply. For whoever has the turn; raises also WorkerEnded and DeadlinePassed."""
        return self._accept(self._present().receive(until), expected)

    def renew(self, *, needs_login: bool) -> None:
        """Replace the worker by a new one that is ready. For whoever has the turn."""
        self._kill_worker()
        self._ready_and_logged_in(needs_login=needs_login)

    def _exchange(self, frame: bytes, expected: type[_Reply], limit: float) -> _Reply:
        until = time.monotonic() + limit
        self.write(frame, until)
        return self.read(expected, until)

    def _present(self) -> WorkerProcess:
        if self._worker is None:
            raise WorkerEnded(untouched=False)
        return self._worker

    def _accept(self, body: bytes, expected: type[_Reply]) -> _Reply:
        try:
            reply: Any = wire.unpack(body, requests.REPLIES)
        except wire.WireError as error:
            raise WorkerEnded(untouched=False) from error  # whatever talks there is not the worker any more
        if isinstance(reply, expected):
            return reply
        if not isinstance(reply, requests.Failed):
            raise WorkerEnded(untouched=False)
        if reply.ends_worker:
            self._end_worker()
        raise errors.BY_NAME.get(reply.kind, errors.HsmError)(reply.message, reply.details)

    def _ready_and_logged_in(self, *, needs_login: bool) -> None:
        login = self._login
        if needs_login and login is None:
            raise errors.NotLoggedIn(NOT_LOGGED_IN)
        self._ready()
        if login is None or self._worker_logged_in:
            return
        try:
            self._log_worker_in(login, self.deadline, restoring=True)
        except errors.PinRefused:
            self._forget()
            raise

    def _ready(self) -> None:
        """See that there is a worker that has opened the module."""
        self._spawn_if_needed()
        if not self._opening or self._worker is None:
            return
        try:
            self._accept(self._worker.receive(time.monotonic() + self.deadline), requests.Done)
        except errors.HsmError:
            self._end_worker()
            raise
        self._opening = False

    def _spawn_if_needed(self) -> None:
        if self._worker is not None and self._worker.alive:
            return
        self._kill_worker()
        self._worker = WorkerProcess(self.command, self.environment)
        self._opening = True
        self._worker.send(wire.pack(requests.Open(str(self.module.absolute()))), time.monotonic() + self.deadline)

    def _log_worker_in(self, login: _Login, limit: float, *, restoring: bool) -> TokenFacts:
        binding = login.binding
        values = dict(binding.check_values)
        request = requests.Login(binding.label, binding.serial, values, restoring, self._reveal(login))
        try:
            facts = self._exchange(wire.pack(request), requests.TokenDescribed, limit).facts
        except errors.HsmError:
            self._end_worker()  # it may hold a session that is logged in, to a token that is not ours
            raise
        self._worker_logged_in = True
        return facts

    def _reveal(self, login: _Login) -> bytes:
        """Return the kept PIN; a wiped one is no PIN to try."""
        with self._pin_guard:
            pin = login.pin.reveal()
        if not pin:
            raise errors.NotLoggedIn(NOT_LOGGED_IN)
        return pin

    def _forget(self) -> None:
        with self._pin_guard:
            login, self._login = self._login, None
            if login is not None:
                login.pin.wipe()

    def _end_worker(self) -> None:
        worker = self._drop_worker()
        if worker is not None:
            worker.end()

    def _kill_worker(self) -> None:
        worker = self._drop_worker()
        if worker is not None:
            worker.kill()

    def _drop_worker(self) -> WorkerProcess | None:
        worker, self._worker = self._worker, None
        self._worker_logged_in = self._opening = False
        return worker

    def _place(self, binding: TokenBinding | None) -> dict[str, str]:
        place = {"Module": str(self.module)}
        if binding is not None:
            place |= {"Token": binding.label, "Serial": binding.serial}
        return place


def _not_answering(doing: str, waited: str, place: Mapping[str, str]) -> errors.NotAnswering:
    return errors.NotAnswering("The HSM does not answer.", {"Doing": doing, "Waited": waited, **place})
