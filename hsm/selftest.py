"""The vault's live keys tried, without changing anything: what the console's self-test shows."""

import time
from collections.abc import Callable
from typing import Final

from hsm import errors, templates
from hsm.client import HsmClient
from hsm.model import MechanismResult, WrapItem
from hsm.signatures import holds

_MESSAGE: Final = b"Citizen Zero self-test"
_VALUE: Final = bytes(range(32))
_HMAC_LABELS: Final = (
    (templates.INDEX_LABEL, "Index key"),
    (templates.TOKEN_LABEL, "Token key"),
    (templates.SEAL_LABEL, "Seal key"),
    (templates.ENTRY_LABEL, "Entry key"),
)
_SIGNING_LABELS: Final = (
    (templates.LOG_LABEL, "Log key"),
    (templates.AUTHORITY_LABEL, "Authority key"),
    (templates.IACA_LABEL, "IACA key"),
    (templates.DOCUMENT_SIGNER_LABEL, "Document signer"),
)


def self_test(client: HsmClient, *, kek_label: str, algorithm: str) -> list[MechanismResult]:
    """Use each key once: a wrap there and back, equal digests, signatures verified outside the token.

    A key that fails gives a row with outcome refused or differs; only NotAnswering and NotLoggedIn
    are raised, because then the rest would say nothing.
    """
    tests: list[tuple[str, str, Callable[[], bool]]] = [
        (kek_label, f"Wrap and unwrap, {algorithm}", lambda: _wraps(client, kek_label, algorithm)),
        *[(label, f"{name}, digest", _digests(client, label)) for label, name in _HMAC_LABELS],
        *[(label, f"{name}, signature", _signs(client, label)) for label, name in _SIGNING_LABELS],
        ("C_GenerateRandom", "Randomness", lambda: client.random(32) != client.random(32)),
    ]
    return [_run(name, used_for, test) for name, used_for, test in tests]


def _wraps(client: HsmClient, kek_label: str, algorithm: str) -> bool:
    wrapped = client.wrap(kek_label, algorithm, [WrapItem(_VALUE, _MESSAGE)])
    return client.unwrap(kek_label, algorithm, [WrapItem(wrapped[0], _MESSAGE)]) == [_VALUE]


def _digests(client: HsmClient, label: str) -> Callable[[], bool]:
    def test() -> bool:
        first, second, other = client.mac(label, [_MESSAGE, _MESSAGE, _VALUE])
        return first == second != other

    return test


def _signs(client: HsmClient, label: str) -> Callable[[], bool]:
    def test() -> bool:
        return holds(client.public_key(label), _MESSAGE, client.sign(label, [_MESSAGE])[0])

    return test


def _run(name: str, used_for: str, test: Callable[[], bool]) -> MechanismResult:
    began = time.perf_counter()
    try:
        passed = test()
    except (errors.NotAnswering, errors.NotLoggedIn, errors.PinRefused):
        raise
    except errors.HsmError as error:
        return MechanismResult(name, name, used_for, "refused", None, error.message)
    milliseconds = round((time.perf_counter() - began) * 1000, 3)
    return MechanismResult(name, name, used_for, "passes" if passed else "differs", milliseconds)
