"""How a trial of the preflight is run: session objects to try with, timing, and comparing.

Everything made here is a session object, and is destroyed when the workbench is left. What is tried
stands in `hsm/inworker/trials.py`.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import pkcs11
from pkcs11 import Attribute, MechanismFlag, ObjectClass

from hsm import errors, model, requests
from hsm.inworker import attributes
from hsm.inworker.translation import ckr_name
from hsm.templates import KeyKind, KeyTemplate

LABEL: Final = "cz-preflight"
Operation = Callable[[], Any]
_REPEATS: Final = 3
_USES: Final = (
    (Attribute.ENCRYPT, MechanismFlag.ENCRYPT),
    (Attribute.DECRYPT, MechanismFlag.DECRYPT),
    (Attribute.WRAP, MechanismFlag.WRAP),
    (Attribute.UNWRAP, MechanismFlag.UNWRAP),
    (Attribute.SIGN, MechanismFlag.SIGN),
)


class Workbench:
    """The session, and the session objects made in it for trials."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self._made: list[Any] = []
        self._generated: dict[KeyKind, list[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for item in self._made:
            try:
                item.destroy()
            except pkcs11.exceptions.PKCS11Error:
                continue  # destroyed by its trial; anything else ends with the session

    def keep(self, *items: Any) -> None:
        """Remember objects that a trial made itself, to destroy them at the end."""
        self._made += items

    def generated(self, kind: KeyKind) -> list[Any]:
        """Return a key of a kind (a pair: private, public), made once with the vault's own template."""
        if kind not in self._generated:
            self._generated[kind] = attributes.generate(self.session, KeyTemplate(LABEL, kind), store=False)
            self.keep(*self._generated[kind])
        return self._generated[kind]

    def imported(self, key_type: Any, value: bytes, use: Any, *, extractable: bool = False) -> Any:
        """Return a secret key with a known value."""
        item = self.session.create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY,
                Attribute.KEY_TYPE: key_type,
                Attribute.VALUE: value,
                Attribute.TOKEN: False,
                Attribute.PRIVATE: True,
                Attribute.SENSITIVE: not extractable,
                Attribute.EXTRACTABLE: extractable,
                **{attribute: bool(use & flag) for attribute, flag in _USES},
            }
        )
        self.keep(item)
        return item


def tried(
    row: tuple[str, str, str],
    prepare: Callable[[], Operation],
    expected: object,
    *,
    good: model.Outcome = "matches",
    note: str = "",
    repeats: int = _REPEATS,
) -> requests.Trial:
    """Return one trial: `row` is name, mechanism and use; `prepare` returns what is timed and compared.

    `good` is the outcome if the answer equals `expected`. A PKCS#11 error anywhere is a refusal. The
    best time of the repeats counts.
    """
    try:
        answer, milliseconds = _timed(prepare(), repeats)
    except (pkcs11.exceptions.PKCS11Error, errors.HsmError, AttributeError, ValueError) as error:
        return requests.Trial(*row, "refused", None, _reason(error), None)
    outcome: model.Outcome = good if answer == expected else "differs"
    return requests.Trial(*row, outcome, milliseconds, note, None)


def _timed(operate: Operation, repeats: int) -> tuple[Any, float]:
    best = float("inf")
    answer: Any = None
    for _ in range(repeats):
        began = time.perf_counter()
        answer = operate()
        best = min(best, time.perf_counter() - began)
    return answer, round(best * 1000, 3)


def _reason(error: Exception) -> str:
    if isinstance(error, pkcs11.exceptions.PKCS11Error):
        return ckr_name(error)
    if isinstance(error, errors.HsmError):
        return error.details.get("PKCS#11", error.message)
    return "The token's key cannot be used for this."  # python-pkcs11 gives the object no such method
