"""Talks to the security key that is plugged in, over CTAP (USB HID). What its answer is worth is judged elsewhere."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.access.security_keys import ORIGIN
from core.errors import SecondFactorNeeded

WAIT_SECONDS = 60
_LOOK_SECONDS = 0.3

Devices = Callable[[], Iterable[Any]]


def plugged_in() -> Iterable[Any]:
    """Return the security keys that are plugged in."""
    from fido2.hid import CtapHidDevice  # noqa: PLC0415 (only where a security key is in use)

    try:
        return list(CtapHidDevice.list_devices())
    except OSError:  # no HID devices here, or none that this account may open
        return []


class SecurityKeyDevice:
    """The one security key that is plugged in. `say` is told when the key waits for a touch."""

    def __init__(
        self,
        devices: Devices = plugged_in,
        *,
        say: Callable[[str], None] = lambda _: None,
        ask_pin: Callable[[], str] | None = None,
        cancel: threading.Event | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._devices = devices
        self._say = say
        self._ask_pin = ask_pin
        self._cancel = cancel or threading.Event()
        self._wait_seconds = wait_seconds

    def register(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the key's answer to a registration. Raises SecondFactorNeeded when none comes."""
        return self._ask(lambda client: client.make_credential(options, self._cancel))

    def sign(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the key's signed answer. Raises SecondFactorNeeded when none comes."""
        return self._ask(lambda client: client.get_assertion(options, self._cancel).get_response(0))

    def _ask(self, question: Callable[[Any], Any]) -> Mapping[str, Any]:
        from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client  # noqa: PLC0415 (as above)

        device = self._wait_for_one()
        timer = threading.Timer(self._wait_seconds, self._cancel.set)
        timer.daemon = True
        timer.start()
        try:
            client = Fido2Client(device, DefaultClientDataCollector(ORIGIN), _person(self._say, self._ask_pin))
            return dict(question(client))
        except (ClientError, OSError) as error:
            raise SecondFactorNeeded(
                "The security key gave no answer: it was not touched in time, or it is not one of this operator's."
            ) from error
        finally:
            timer.cancel()
            device.close()

    def _wait_for_one(self) -> Any:
        until = time.monotonic() + self._wait_seconds
        asked = False
        while time.monotonic() < until and not self._cancel.is_set():
            found = list(self._devices())
            if len(found) == 1:
                return found[0]
            for device in found:
                device.close()
            if not asked:
                self._say("Leave one security key plugged in." if found else "Plug your security key in.")
                asked = True
            self._cancel.wait(_LOOK_SECONDS)
        raise SecondFactorNeeded("No security key was plugged in.")


def _person(say: Callable[[str], None], ask_pin: Callable[[], str] | None) -> Any:
    from fido2.client import UserInteraction  # noqa: PLC0415 (as above)

    class Person(UserInteraction):
        def prompt_up(self) -> None:
            say("Touch your security key.")

        def request_pin(self, permissions: Any, rp_id: str | None) -> str | None:  # noqa: ARG002 (fido2's signature)
            return None if ask_pin is None else ask_pin()

    return Person()
