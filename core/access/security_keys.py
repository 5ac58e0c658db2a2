"""Security keys (FIDO2): what the vault asks of one, and whether its answer is genuine. W3C WebAuthn 2, 7.1 and 7.2.

The signature, challenge, origin, relying party, presence and counter are checked here, by `fido2`. Talking to a
device is in `security_key_device.py`. The key's attestation is not looked at: operators bring their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import SecondFactorNeeded

RELYING_PARTY = "citizen-zero.invalid"  # no such domain can be had (RFC 2606), so no website can ask for these keys
ORIGIN = f"https://{RELYING_PARTY}"
_NOT_GENUINE = "The security key's answer does not fit."


class SecurityKeyRequest:
    """One question to a security key: its options for the device, and the state that its answer is held against."""

    def __init__(self, options: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        self.options = options
        self._state = state

    def registered(self, response: Mapping[str, Any]) -> tuple[bytes, int]:
        """Return a new key's credential and its counter. Raises SecondFactorNeeded for an answer that does not fit."""
        try:
            data = _server().register_complete(self._state, response)
        except (ValueError, KeyError, TypeError) as error:
            raise SecondFactorNeeded(_NOT_GENUINE) from error
        if data.credential_data is None:
            raise SecondFactorNeeded(_NOT_GENUINE)
        return bytes(data.credential_data), data.counter

    def asserted(self, response: Mapping[str, Any], credentials: Sequence[bytes]) -> tuple[int, int] | None:
        """Return which credential signed and its counter, None for an answer that does not fit."""
        from fido2.webauthn import AttestedCredentialData, AuthenticationResponse  # noqa: PLC0415 (see `_server`)

        known = [AttestedCredentialData(credential) for credential in credentials]
        try:
            used = _server().authenticate_complete(self._state, known, response)
            counter = AuthenticationResponse.from_dict(response).response.authenticator_data.counter
        except (ValueError, KeyError, TypeError):
            return None
        return known.index(used), counter


def registration(operator: str, known: Sequence[bytes]) -> SecurityKeyRequest:
    """Ask a key that is not among the known ones to make a credential for an operator."""
    from fido2.webauthn import (  # noqa: PLC0415 (see `_server`)
        AttestedCredentialData,
        PublicKeyCredentialUserEntity,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    user = PublicKeyCredentialUserEntity(id=operator.encode()[:64], name=operator, display_name=operator)
    options, state = _server().register_begin(
        user,
        [AttestedCredentialData(credential) for credential in known],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.DISCOURAGED,
    )
    return SecurityKeyRequest(dict(options.public_key), state)


def assertion(known: Sequence[bytes]) -> SecurityKeyRequest:
    """Ask one of the known keys to sign: touched by a person, its PIN not asked (the password stands for it)."""
    from fido2.webauthn import AttestedCredentialData, UserVerificationRequirement  # noqa: PLC0415 (see `_server`)

    options, state = _server().authenticate_begin(
        [AttestedCredentialData(credential) for credential in known], UserVerificationRequirement.DISCOURAGED
    )
    return SecurityKeyRequest(dict(options.public_key), state)


def _server() -> Any:
    from fido2.server import Fido2Server  # noqa: PLC0415 (only where a security key is in use)
    from fido2.webauthn import PublicKeyCredentialRpEntity  # noqa: PLC0415

    party = PublicKeyCredentialRpEntity(id=RELYING_PARTY, name="Citizen Zero")
    return Fido2Server(party, verify_origin=lambda origin: origin == ORIGIN)
