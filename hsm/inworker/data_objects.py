"""Small values kept on the token itself (CKO_DATA), such as the log's anchor.

A value cannot be changed after creation, so a new object is written and then the old one destroyed;
after a crash in between there are two. Each value starts with a number that grows, which tells the
newest: PKCS#11 keeps no order. CKA_APPLICATION is never set (python-pkcs11 0.10.1 may abort on it).
"""

from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, ObjectClass

from hsm.inworker.translation import translated

_COUNTER: Final = 8


def put(session: Any, label: str, value: bytes) -> None:
    """Write a value under a label and destroy older ones."""
    older = _found(session, label)
    number = 1 + max((count for count, _, _ in older), default=0)
    create(session, label, number.to_bytes(_COUNTER, "big") + value, store=True)
    with translated(f"replace the data object {label}"):
        for _, _, item in older:
            item.destroy()


def get(session: Any, label: str) -> bytes | None:
    """Return the newest value of a label, or None."""
    found = _found(session, label)
    if not found:  # another process may have replaced it between listing and reading
        found = _found(session, label)
    return max(found, key=lambda entry: entry[0])[1] if found else None


def create(session: Any, label: str, value: bytes, *, store: bool) -> Any:
    """Create a private data object, on the token or for the session only."""
    with translated(f"write the data object {label}", creating=True):
        return session.create_object(
            {
                Attribute.CLASS: ObjectClass.DATA,
                Attribute.TOKEN: store,
                Attribute.PRIVATE: True,
                Attribute.LABEL: label,
                Attribute.VALUE: value,
            }
        )


def _found(session: Any, label: str) -> list[tuple[int, bytes, Any]]:
    """Return number, value and object of each data object with the label."""
    with translated(f"read the data object {label}"):
        entries = []
        for item in session.get_objects({Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label}):
            try:
                content = bytes(item[Attribute.VALUE])
            except pkcs11.exceptions.ObjectHandleInvalid:  # another process has just replaced it
                continue
            entries.append((int.from_bytes(content[:_COUNTER], "big"), content[_COUNTER:], item))
        return entries
