"""The key objects of the logged-in token by label, with their handles kept.

A search is linear in the number of objects, so the labels are read once at log-in. A handle goes
stale when another process destroys the key: `using` then looks once more before it says so.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute

from hsm import errors
from hsm.inworker.attributes import label_of
from hsm.inworker.translation import STALE_HANDLE, translated

_KEY_CLASSES = (pkcs11.SecretKey, pkcs11.PrivateKey, pkcs11.PublicKey)
_Result = TypeVar("_Result")


class Keyring:
    """Finds keys by label in one session."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._objects: dict[str, list[Any]] = {}

    def load(self) -> None:
        """Read all keys and their labels anew."""
        with translated("list the keys"):
            found = [item for item in self._session.get_objects() if isinstance(item, _KEY_CLASSES)]
            self._objects.clear()
            for item in found:
                self._objects.setdefault(label_of(item), []).append(item)

    def everything(self) -> list[Any]:
        """Return all key objects as they are now."""
        self.load()
        return [item for items in self._objects.values() for item in items]

    def search(self, label: str) -> list[Any]:
        """Return all key objects of a label, asked of the token anew; none is no error."""
        with translated(f"look for the key {label}"):
            items = [
                item for item in self._session.get_objects({Attribute.LABEL: label}) if isinstance(item, _KEY_CLASSES)
            ]
        self.forget(label)
        if items:
            self._objects[label] = items
        return items

    def forget(self, label: str) -> None:
        """Drop the kept handles of a label."""
        self._objects.pop(label, None)

    def using(self, label: str, operate: Callable[[Any], _Result], *, public: bool = False) -> _Result:
        """Return `operate(key)` for the secret or private key (or the public one) of a label.

        Raises ObjectGone if there is none, MechanismFailed if it is not made for that use. `operate` runs
        twice if a kept handle was stale.
        """
        try:
            try:
                return operate(self._one(label, public=public))
            except STALE_HANDLE:
                self.forget(label)
                return operate(self._one(label, public=public))
        except AttributeError as error:  # the library gives a key only the methods that its attributes permit
            raise errors.MechanismFailed(f"The key {label} is not made for this use.", {"Key": label}) from error

    def _one(self, label: str, *, public: bool) -> Any:
        items = self._objects.get(label) or self.search(label)
        wanted = [item for item in items if isinstance(item, pkcs11.PublicKey) is public]
        if not wanted:
            raise errors.ObjectGone(f"The key {label} is not on the token.", {"Key": label})
        if len(wanted) > 1:
            raise errors.MechanismFailed(
                f"The token holds {len(wanted)} keys named {label}, so none of them is used.", {"Key": label}
            )
        return wanted[0]
