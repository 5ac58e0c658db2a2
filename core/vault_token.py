"""The vault's keys on the HSM token, in the vault's words, and the border where HSM errors are translated.

Everything in `core` reaches the HSM through `VaultToken`. It holds no key and no PIN of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import hsm.errors as hsm_errors
from core import errors
from hsm.client import ClientTurn, HsmClient
from hsm.model import GeneratedDataKey, KeyFacts, TokenBinding, TokenFacts, WrapItem
from hsm.requests import MacPart
from hsm.secret import Secret
from hsm.templates import AUTHORITY_LABEL, ENTRY_LABEL, INDEX_LABEL, NAME_SUBKEY, SEAL_LABEL, TOKEN_LABEL, KeyTemplate

# Made while the log's lock is held: shorter than the time after which the database ends an idle writer.
ENTRY_DEADLINE_SECONDS = 1.8

_WHEN_SILENT = (
    "See that the module has power and that its cable or network is connected, then try again. "
    "The console connects by itself when the module answers."
)
_TRANSLATIONS: tuple[tuple[type[hsm_errors.HsmError], type[errors.CitizenZeroError], str | None], ...] = (
    (hsm_errors.ModuleMissing, errors.HsmModuleMissing, "Install the module, or name the right file, then try again."),
    (hsm_errors.ModuleInvalid, errors.HsmModuleInvalid, "Choose the PKCS#11 library of your HSM."),
    (hsm_errors.TokenMissing, errors.HsmTokenMissing, "Connect the token that the vault was set up with."),
    (
        hsm_errors.OtherToken,
        errors.HsmOtherToken,
        "Connect the token that the vault was set up with. Another token with the same label will not do.",
    ),
    (
        hsm_errors.PinRefused,
        errors.HsmPinRefused,
        "The PIN is not tried again, so that the token does not lock. Ask whoever changed the PIN.",
    ),
    (hsm_errors.TokenFull, errors.HsmTokenFull, "Make room on the token, then try again."),
    (
        hsm_errors.ObjectGone,
        errors.HsmObjectGone,
        "Do not make the key anew. Restore it from the key backup, or call whoever looks into incidents.",
    ),
    (
        hsm_errors.NotAnswering,
        errors.HsmNotAnswering,
        _WHEN_SILENT,
    ),
    (hsm_errors.NotLoggedIn, errors.VaultLocked, None),
    (hsm_errors.UnwrapFailed, errors.IntegrityFailure, None),
    (hsm_errors.AlreadyOnToken, errors.AlreadyExists, None),
)


@contextmanager
def hsm_errors_in_words() -> Iterator[None]:
    """Translate everything that the HSM package raises into the one error tree."""
    try:
        yield
    except hsm_errors.HsmError as error:
        raise translate(error) from error


def translate(error: hsm_errors.HsmError) -> errors.CitizenZeroError:
    """Return the error of the tree that says what the HSM's error means for a person."""
    if isinstance(error, hsm_errors.UnwrapFailed):
        return errors.IntegrityFailure("A stored data key does not open under its KEK.", details=error.details)
    for source, target, remedy in _TRANSLATIONS:
        if isinstance(error, source):
            if issubclass(target, errors.InvalidInput):
                return target(error.message, remedy=remedy)
            return target(error.message, remedy=remedy, details=error.details)
    return errors.HsmUnavailable(error.message, details=error.details)


class VaultToken:
    """The operations that the vault asks of its token. Thread-safe; batches cost one call each."""

    def __init__(self, client: HsmClient) -> None:
        self._client = client

    @property
    def open(self) -> bool:
        """Tell whether an operator's PIN is at hand, so that keys can be used."""
        return self._client.logged_in

    def log_in(self, binding: TokenBinding, pin: Secret) -> TokenFacts:
        """Open the token; its serial and key check values must be the vault's. One attempt with the PIN."""
        with hsm_errors_in_words():
            return self._client.login(binding, pin)

    def log_out(self) -> None:
        """Forget the PIN and end the worker."""
        self._client.logout()

    def change_pin(self, new: Secret) -> None:
        """Change the token's PIN; the log-in is kept with the new one from then on."""
        with hsm_errors_in_words():
            self._client.change_pin(new)

    def facts(self) -> TokenFacts:
        """Return what the token says about itself."""
        with hsm_errors_in_words():
            return self._client.token_facts()

    def entry_macs(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return HMAC-SHA-256 of audit entries under the entry key."""
        return self._macs(ENTRY_LABEL, messages, ENTRY_DEADLINE_SECONDS)

    def row_macs(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return HMAC-SHA-256 of rows under the seal key."""
        return self._macs(SEAL_LABEL, messages)

    def index_macs(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return HMAC-SHA-256 of search terms under the index key."""
        return self._macs(INDEX_LABEL, messages)

    def name_macs(self, prefixes: Sequence[bytes]) -> list[bytes]:
        """Return HMAC-SHA-256 of name prefixes under the index key's subkey for names."""
        return self.search_macs([], [], prefixes)[2]

    def search_macs(
        self, user_ids: Sequence[bytes], terms: Sequence[bytes], prefixes: Sequence[bytes]
    ) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """Return what `identity_macs`, `index_macs` and `name_macs` give, in one exchange with the HSM."""
        with hsm_errors_in_words():
            identity, index, names = self._client.mac_many(_search_parts(user_ids, terms, prefixes))
        return identity, index, names

    def check_macs(self, rows: Sequence[bytes], entries: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Return what `row_macs` and `entry_macs` give, in one exchange with the HSM."""
        with hsm_errors_in_words():
            row, entry = self._client.mac_many(_check_parts(rows, entries))
        return row, entry

    @contextmanager
    def turn(self) -> Iterator["TokenTurn"]:
        """Give a turn with the HSM, in which several small requests may be under way; other callers wait.

        Inside it nothing else may be asked of the token, and nothing waited for that may wait for the log:
        whoever holds the log may be waiting for the HSM.
        """
        with hsm_errors_in_words(), self._client.turn() as turn:
            yield TokenTurn(turn)

    def authority_key(self) -> bytes:
        """Return the eligibility authority's public key: SubjectPublicKeyInfo, DER."""
        with hsm_errors_in_words():
            return self._client.public_key(AUTHORITY_LABEL)

    def authority_signatures(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return the eligibility authority's signatures: P-256 with SHA-256, r || s."""
        with hsm_errors_in_words():
            return self._client.sign(AUTHORITY_LABEL, messages)

    def identity_macs(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return HMAC-SHA-256 of user ids under the token key."""
        return self._macs(TOKEN_LABEL, messages)

    def generate_data_keys(self, kek: str, algorithm: str, aads: Sequence[bytes]) -> list[GeneratedDataKey]:
        """Return new AES-256 keys, in clear and wrapped, bound to their associated data."""
        with hsm_errors_in_words():
            return self._client.generate_data_keys(kek, algorithm, aads)

    def unwrap(self, kek: str, algorithm: str, items: Sequence[WrapItem]) -> list[bytes]:
        """Return data keys in clear. Raises IntegrityFailure where one does not open."""
        with hsm_errors_in_words():
            return self._client.unwrap(kek, algorithm, items)

    def generate(self, template: KeyTemplate) -> KeyFacts:
        """Make a key on the token."""
        with hsm_errors_in_words():
            return self._client.generate(template)

    def check_values(self, labels: Sequence[str]) -> dict[str, str]:
        """Return the key check value of each key, 6 hex digits."""
        with hsm_errors_in_words():
            return self._client.key_check_value(labels)

    def all_keys(self) -> list[KeyFacts]:
        """Return the facts of every key on the token."""
        with hsm_errors_in_words():
            return self._client.find()

    def _macs(self, label: str, messages: Sequence[bytes], deadline: float | None = None) -> list[bytes]:
        if not messages:
            return []
        with hsm_errors_in_words():
            return self._client.mac(label, messages, deadline=deadline)


class TokenTurn:
    """What may be asked of the token without waiting for the answers to earlier questions. Used by one thread."""

    def __init__(self, turn: ClientTurn) -> None:
        self._turn = turn

    def search_macs(
        self, user_ids: Sequence[bytes], terms: Sequence[bytes], prefixes: Sequence[bytes]
    ) -> Callable[[], tuple[list[bytes], list[bytes], list[bytes]]]:
        """Ask for what `VaultToken.search_macs` gives; returns what waits for it."""
        macs = self._macs(_search_parts(user_ids, terms, prefixes))

        def by_kind() -> tuple[list[bytes], list[bytes], list[bytes]]:
            identity, index, names = macs()
            return identity, index, names

        return by_kind

    def check_macs(
        self, rows: Sequence[bytes], entries: Sequence[bytes]
    ) -> Callable[[], tuple[list[bytes], list[bytes]]]:
        """Ask for what `VaultToken.check_macs` gives; returns what waits for it."""
        macs = self._macs(_check_parts(rows, entries))

        def by_kind() -> tuple[list[bytes], list[bytes]]:
            row, entry = macs()
            return row, entry

        return by_kind

    def generate_data_keys(
        self, kek: str, algorithm: str, aads: Sequence[bytes]
    ) -> Callable[[], list[GeneratedDataKey]]:
        """Ask for what `VaultToken.generate_data_keys` gives; returns what waits for it."""
        made = self._turn.generate_data_keys(kek, algorithm, aads)

        def keys() -> list[GeneratedDataKey]:
            with hsm_errors_in_words():
                return made()

        return keys

    def _macs(self, parts: Sequence[MacPart]) -> Callable[[], list[list[bytes]]]:
        made = self._turn.mac_many(parts)

        def macs() -> list[list[bytes]]:
            with hsm_errors_in_words():
                return made()

        return macs


def _search_parts(user_ids: Sequence[bytes], terms: Sequence[bytes], prefixes: Sequence[bytes]) -> list[MacPart]:
    return [
        MacPart(TOKEN_LABEL, tuple(user_ids)),
        MacPart(INDEX_LABEL, tuple(terms)),
        MacPart(INDEX_LABEL, tuple(prefixes), NAME_SUBKEY),
    ]


def _check_parts(rows: Sequence[bytes], entries: Sequence[bytes]) -> list[MacPart]:
    return [MacPart(SEAL_LABEL, tuple(rows)), MacPart(ENTRY_LABEL, tuple(entries))]
