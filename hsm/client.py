"""The HSM as the console sees it: typed calls with a deadline, answered by a worker process.

Thread-safe: one call at a time, in the order of asking. A deadline counts from the moment the call
gets its turn. When it passes, the worker is killed and `NotAnswering` is raised; the next call starts
a new worker and restores the log-in. No call is repeated by itself, and a refused PIN is never tried
again. Only `hsm/inworker` touches PKCS#11.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hsm import errors, requests, wire
from hsm.connection import NOT_LOGGED_IN, Connection
from hsm.model import GeneratedDataKey, KeyFacts, ModuleFacts, TokenBinding, TokenFacts, WrapItem
from hsm.secret import Secret
from hsm.templates import KeyTemplate
from hsm.turn import Turn
from hsm.worker_process import WORKER_COMMAND

DEFAULT_DEADLINE: Final = 5.0
PREFLIGHT_DEADLINE: Final = 60.0
GENERATE_DEADLINE: Final = 60.0  # RSA pairs take seconds on some modules


class HsmClient:
    """One HSM worker and the log-in that it holds; see the module's docstring."""

    def __init__(
        self,
        module: Path,
        environment: Mapping[str, str],
        *,
        deadline: float = DEFAULT_DEADLINE,
        command: Sequence[str] = WORKER_COMMAND,
    ) -> None:
        """Remember how to reach the module; `environment` is added to the worker's (SOFTHSM2_CONF).

        `command` starts a worker; a frozen build gives its own.
        """
        self._connection = Connection(module, environment, deadline=deadline, command=command)

    # --- life -------------------------------------------------------------------------------------

    @property
    def module(self) -> Path:
        """The PKCS#11 module's path."""
        return self._connection.module

    @property
    def environment(self) -> Mapping[str, str]:
        """What is added to the worker's environment."""
        return dict(self._connection.environment)

    @property
    def binding(self) -> TokenBinding | None:
        """The token that the client is logged in to."""
        return self._connection.binding

    @property
    def logged_in(self) -> bool:
        """Whether calls that need the token will be tried."""
        return self._connection.binding is not None

    @property
    def worker_pid(self) -> int | None:
        """The worker's process id, if one was started and not ended by this client."""
        return self._connection.worker_pid

    def start(self) -> None:
        """Start the worker and let it open the module, without waiting for either. Idempotent."""
        self._connection.start()

    def login(self, binding: TokenBinding, pin: Secret, *, deadline: float | None = None) -> TokenFacts:
        """Log in to the bound token, once, and compare the key check values.

        The client keeps its own copy of the PIN. Raises TokenMissing, OtherToken, ObjectGone or
        PinRefused; none of them leaves a log-in behind.
        """
        return self._connection.log_in(binding, pin, deadline)

    def logout(self) -> None:
        """Wipe the PIN and end the worker. A call under way finishes first; waiting ones are refused."""
        self._connection.log_out()

    def close(self) -> None:
        """Log out; the client can be used again after a new `login`."""
        self.logout()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def change_pin(self, new: Secret) -> None:
        """Change the user PIN of the token; the log-in is restored with the new one from then on."""
        self._connection.replace_pin(new)

    # --- facts ------------------------------------------------------------------------------------

    def module_facts(self, *, serial: str = "", deadline: float | None = None) -> ModuleFacts:
        """Describe library and slots; needs no log-in. A token of this serial is waited for, a moment long."""
        reply = self._connection.ask(
            requests.DescribeModule(serial),
            requests.ModuleDescribed,
            "describe the module",
            deadline,
            needs_login=False,
        )
        return reply.facts

    def token_facts(self, *, deadline: float | None = None) -> TokenFacts:
        """Describe the logged-in token."""
        return self._connection.ask(
            requests.DescribeToken(), requests.TokenDescribed, "describe the token", deadline
        ).facts

    # --- using keys -------------------------------------------------------------------------------

    def mac(self, key_label: str, messages: Sequence[bytes], *, deadline: float | None = None) -> list[bytes]:
        """Return the HMAC-SHA-256 of each message, computed in the token."""
        request = requests.Mac(key_label, tuple(messages))
        return self._values(request, f"compute digests with {key_label}", deadline)

    def mac_many(self, parts: Sequence[requests.MacPart], *, deadline: float | None = None) -> list[list[bytes]]:
        """Return the HMAC-SHA-256 of each part's messages, all in one exchange."""
        request = requests.MacMany(tuple(parts))
        return _by_part(parts, self._connection.ask(request, requests.Values, "compute digests", deadline))

    @contextmanager
    def turn(self, *, deadline: float | None = None) -> Iterator["ClientTurn"]:
        """Give a turn in which several small requests may be under way; other callers wait until it is over."""
        with self._connection.turn("use the token's keys", deadline) as turn:
            yield ClientTurn(turn)

    def sign(self, key_label: str, messages: Sequence[bytes], *, deadline: float | None = None) -> list[bytes]:
        """Return a signature of each message: Ed25519, or P-256 with SHA-256 as r || s (64 bytes both)."""
        return self._values(requests.Sign(key_label, tuple(messages)), f"sign with {key_label}", deadline)

    def random(self, count: int, *, deadline: float | None = None) -> bytes:
        """Return random bytes from the token."""
        return self._values(requests.Random(count), "give random bytes", deadline)[0]

    def wrap(
        self, kek_label: str, algorithm: str, items: Sequence[WrapItem], *, deadline: float | None = None
    ) -> list[bytes]:
        """Wrap each item's value under a key-encryption key."""
        return self._values(
            requests.Wrap(kek_label, algorithm, tuple(items)), f"wrap data keys with {kek_label}", deadline
        )

    def unwrap(
        self, kek_label: str, algorithm: str, items: Sequence[WrapItem], *, deadline: float | None = None
    ) -> list[bytes]:
        """Unwrap each item's value; raises UnwrapFailed if one does not open."""
        return self._values(
            requests.Unwrap(kek_label, algorithm, tuple(items)), f"unwrap data keys with {kek_label}", deadline
        )

    def generate_data_keys(
        self, kek_label: str, algorithm: str, aads: Sequence[bytes], *, deadline: float | None = None
    ) -> list[GeneratedDataKey]:
        """Make one data key of 32 random bytes for each associated data, wrapped under the KEK."""
        request = requests.GenerateDataKeys(kek_label, algorithm, tuple(aads))
        return list(
            self._connection.ask(request, requests.DataKeys, f"make data keys under {kek_label}", deadline).keys
        )

    # --- objects on the token ---------------------------------------------------------------------

    def generate(self, template: KeyTemplate, *, deadline: float | None = None) -> KeyFacts:
        """Generate one key on the token; of a pair, return the private half's facts."""
        return self.generate_many([template], deadline=deadline)[0]

    def generate_many(self, templates: Sequence[KeyTemplate], *, deadline: float | None = None) -> list[KeyFacts]:
        """Generate keys on the token, all or none; raises AlreadyOnToken if a label is taken."""
        limit = max(self._connection.deadline, GENERATE_DEADLINE) if deadline is None else deadline
        return list(
            self._connection.ask(requests.Generate(tuple(templates)), requests.Keys, "generate keys", limit).keys
        )

    def find(self, *, deadline: float | None = None) -> list[KeyFacts]:
        """List all key objects on the token."""
        return list(self._connection.ask(requests.Find(), requests.Keys, "list the keys", deadline).keys)

    def key_check_value(self, labels: Sequence[str], *, deadline: float | None = None) -> dict[str, str]:
        """Return the key check value (6 hex digits) of each label."""
        request = requests.AskCheckValues(tuple(labels))
        values = self._connection.ask(request, requests.CheckValues, "compute key check values", deadline).values
        return {label: values[label] for label in labels}

    def public_key(self, label: str, *, deadline: float | None = None) -> bytes:
        """Return the public half of a pair as SubjectPublicKeyInfo (DER)."""
        return self._values(requests.AskPublicKey(label), f"read the public key {label}", deadline)[0]

    def destroy(self, label: str, *, deadline: float | None = None) -> None:
        """Destroy a key. Say that it is gone only after `absent_in_fresh_process`."""
        self._connection.ask(requests.Destroy(label), requests.Done, f"destroy the key {label}", deadline)
        self._connection.expect_no_more(label)

    def absent_in_fresh_process(self, label: str, *, deadline: float | None = None) -> bool:
        """Ask a worker process of its own whether no key of this label is on the token.

        The process that destroyed a key may no longer see it although it is still stored.
        """
        kept = self.binding
        if kept is None:
            raise errors.NotLoggedIn(NOT_LOGGED_IN)
        one = self._connection
        fresh = Connection(one.module, one.environment, deadline=one.deadline, command=one.command)
        try:
            fresh.log_in(TokenBinding(kept.label, kept.serial), one.kept_pin(), deadline)
            reply = fresh.ask(requests.Find(label), requests.Keys, f"look for the key {label}", deadline)
        except errors.PinRefused:
            self.logout()  # the kept PIN is wrong: it is not tried again anywhere
            raise
        finally:
            fresh.log_out()
        return not reply.keys

    def put_data_object(self, label: str, value: bytes, *, deadline: float | None = None) -> None:
        """Keep a value on the token under a label, in place of an older one."""
        self._connection.ask(requests.PutData(label, value), requests.Done, f"write the data object {label}", deadline)

    def get_data_object(self, label: str, *, deadline: float | None = None) -> bytes | None:
        """Return the newest value kept under a label, or None."""
        values = self._values(requests.GetData(label), f"read the data object {label}", deadline)
        return values[0] if values else None

    def run_trials(self, *, deadline: float = PREFLIGHT_DEADLINE) -> tuple[requests.Trial, ...]:
        """Try every mechanism; `hsm/preflight.py` draws the conclusions."""
        return self._connection.ask(requests.RunTrials(), requests.Trials, "try the mechanisms", deadline).trials

    def _values(self, request: object, doing: str, deadline: float | None) -> list[bytes]:
        return list(self._connection.ask(request, requests.Values, doing, deadline).values)


class ClientTurn:
    """What may be asked of the token without waiting for the answers to earlier questions. Used by one thread."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def mac_many(self, parts: Sequence[requests.MacPart]) -> Callable[[], list[list[bytes]]]:
        """Ask for what `HsmClient.mac_many` gives; returns what waits for it."""
        frame = wire.pack(requests.MacMany(tuple(parts)))
        reply = self._turn.send(frame, requests.Values, "compute digests")
        return lambda: _by_part(parts, reply())

    def generate_data_keys(
        self, kek_label: str, algorithm: str, aads: Sequence[bytes]
    ) -> Callable[[], list[GeneratedDataKey]]:
        """Ask for what `HsmClient.generate_data_keys` gives; returns what waits for it."""
        frame = wire.pack(requests.GenerateDataKeys(kek_label, algorithm, tuple(aads)))
        reply = self._turn.send(frame, requests.DataKeys, f"make data keys under {kek_label}")
        return lambda: list(reply().keys)


def _by_part(parts: Sequence[requests.MacPart], reply: requests.Values) -> list[list[bytes]]:
    values = iter(reply.values)
    return [[next(values) for _ in part.messages] for part in parts]
