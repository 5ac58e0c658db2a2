"""Loading the module, looking for the token in its slots, and what both say about themselves."""

import os
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import TokenFlag

from hsm import errors, model, softokn, software_token
from hsm.inworker.looking import looked
from hsm.inworker.softokn_library import SoftoknLibrary
from hsm.inworker.translation import ckr_name, translated


def load(path: str) -> Any:
    """Load and initialise the PKCS#11 library; raises ModuleMissing, ModuleInvalid or TokenMissing."""
    details = {"Doing": "open the module", "Module": path}
    if not Path(path).is_file():
        raise errors.ModuleMissing(f"The PKCS#11 module {path} is not there.", details)
    return looked(lambda: _started(path, details), lambda: None)


def _started(path: str, details: dict[str, str]) -> Any:
    try:
        return _start(path)
    except pkcs11.exceptions.PKCS11Error as error:
        if "exception while loading" in str(error):
            raise errors.ModuleInvalid(f"The file {path} is no PKCS#11 module.", details) from error
        raise _not_started(path, {**details, "PKCS#11": ckr_name(error)}) from error
    except errors.MechanismFailed as error:
        raise _not_started(path, {**error.details, **details}) from error


def _not_started(path: str, details: dict[str, str]) -> errors.HsmError:
    tokens = software_token.token_folder(Path(path), os.environ)
    if tokens is not None and not tokens.is_dir():
        return errors.TokenMissing("The software token's folder is not there.", details)
    return errors.ModuleInvalid(f"The PKCS#11 module {path} does not start.", details)


def _start(path: str) -> Any:
    told = softokn.PARAMETERS_VARIABLE in os.environ
    return SoftoknLibrary(path) if told and softokn.is_softokn(Path(path)) else pkcs11.lib(path)


def find_token(library: Any, label: str, serial: str) -> Any:
    """Return the token with the serial; raises OtherToken or TokenMissing.

    Where several have it (all of NSS softokn's), the label chooses, and the key check values must tell the rest.
    """
    details = {"Doing": "look for the token", "Serial": serial}
    tokens = _tokens(library)
    same_serial = [token for token in tokens if serial_of(token) == serial]
    for token in same_serial:
        if len(same_serial) == 1 or token.label == label:
            return token
    same_label = ""
    for token in tokens:
        if token.label == label and token.flags & TokenFlag.TOKEN_INITIALIZED:
            same_label = serial_of(token)
    if same_label:
        raise errors.OtherToken(
            f"A token named {label} is connected, but it is another one than this vault was made with.",
            {**details, "Found": same_label},
        )
    raise errors.TokenMissing(f"The token {label} is not connected.", details)


def find_new_token(library: Any, label: str) -> Any:
    """Return the one initialised token with the label, right after its initialisation."""
    found = [token for token in _tokens(library) if token.label == label]
    if len(found) != 1:
        raise errors.TokenMissing(f"The new token {label} is not found in the module.")
    return found[0]


def token_facts(token: Any) -> model.TokenFacts:
    """Return what a token says about itself."""
    flags = token.flags
    return model.TokenFacts(
        label=token.label,
        serial=serial_of(token),
        manufacturer=token.manufacturer_id,
        model=token.model,
        hardware_version=_version(token.hardware_version),
        firmware_version=_version(token.firmware_version),
        slot_id=int(token.slot.slot_id),
        pin_locked=bool(flags & TokenFlag.USER_PIN_LOCKED),
        pin_final_try=bool(flags & TokenFlag.USER_PIN_FINAL_TRY),
    )


def module_facts(library: Any, path: str) -> model.ModuleFacts:
    """Return what the library says about itself and its slots."""
    with translated("describe the module"):
        slots = [_slot_facts(token) for token in _tokens(library)]
    major, minor = library.cryptoki_version
    return model.ModuleFacts(
        path=path,
        description=library.library_description,
        manufacturer=library.manufacturer_id,
        version=_version(library.library_version),
        cryptoki_version=f"{major}.{minor}",
        slots=tuple(slots),
    )


def serial_of(token: Any) -> str:
    """Return a token's serial as text; some modules fill it up with zero bytes instead of blanks."""
    return bytes(token.serial).rstrip(b"\0 ").decode("utf-8", errors="replace")


def _tokens(library: Any) -> list[Any]:
    tokens = []
    with translated("list the slots"):
        for slot in library.get_slots(token_present=True):
            try:
                tokens.append(slot.get_token())
            except (pkcs11.exceptions.TokenNotPresent, pkcs11.exceptions.TokenNotRecognised):
                continue  # pulled since the list was made, or no PKCS#11 token at all
    return tokens


def _slot_facts(token: Any) -> model.SlotFacts:
    initialised = bool(token.flags & TokenFlag.TOKEN_INITIALIZED)
    return model.SlotFacts(
        slot_id=int(token.slot.slot_id),
        description=token.slot.slot_description,
        label=token.label if initialised else "",
        serial=serial_of(token) if initialised else "",
        model=token.model,
        initialised=initialised,
    )


def _version(parts: tuple[int, int]) -> str:
    return f"{parts[0]}.{parts[1]}"
