"""A security key in software: CTAP2 over real CBOR, a real P-256 key for each credential, a counter, a touch.

It stands below `fido2`'s own client, so everything above it is what a key of hardware meets. Not shown by it:
USB, NFC, PINs, and what a vendor's key does differently.
"""

import hashlib
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.ctap import STATUS, CtapDevice, CtapError
from fido2.ctap2.base import Ctap2
from fido2.hid import CTAPHID
from fido2.webauthn import Aaguid, AttestedCredentialData, AuthenticatorData

AAGUID = Aaguid(b"citizen-zero key")


def _map(data: bytes) -> dict[int, Any]:
    decoded = cbor.decode(data) if data else {}
    assert isinstance(decoded, dict)
    return decoded


@dataclass
class SoftKey(CtapDevice):
    """One key with its credentials. `touched` False: nobody touches it."""

    touched: bool = True
    counter: int = 0
    counts: bool = True
    credentials: dict[bytes, tuple[str, ec.EllipticCurvePrivateKey]] = field(default_factory=dict)

    @property
    def capabilities(self) -> int:
        return 0x04  # CBOR

    def call(
        self,
        cmd: int,
        data: bytes = b"",
        event: Any = None,  # noqa: ARG002 (fido2's signature)
        on_keepalive: Callable[[STATUS], None] | None = None,
    ) -> bytes:
        if cmd != CTAPHID.CBOR:
            raise CtapError(CtapError.ERR.INVALID_COMMAND)
        command, parameters = data[0], _map(data[1:])
        answers = {
            Ctap2.CMD.GET_INFO: self._info,
            Ctap2.CMD.MAKE_CREDENTIAL: self._make_credential,
            Ctap2.CMD.GET_ASSERTION: self._get_assertion,
        }
        if command != Ctap2.CMD.GET_INFO and on_keepalive is not None:
            on_keepalive(STATUS.UPNEEDED)
        if command != Ctap2.CMD.GET_INFO and not self.touched:
            return bytes([CtapError.ERR.USER_ACTION_TIMEOUT])
        try:
            return bytes([0]) + cbor.encode(answers[Ctap2.CMD(command)](parameters))
        except CtapError as error:
            return bytes([int(error.code)])

    @classmethod
    def list_devices(cls) -> Iterator[CtapDevice]:
        return iter(())

    def _info(self, _: Any) -> dict[int, Any]:
        return {1: ["FIDO_2_0"], 3: bytes(AAGUID), 4: {"rk": False, "up": True}, 5: 1200}

    def _make_credential(self, parameters: dict[int, Any]) -> dict[int, Any]:
        client_data_hash, party = parameters[1], parameters[2]["id"]
        if any(item["id"] in self.credentials for item in parameters.get(5, [])):
            raise CtapError(CtapError.ERR.CREDENTIAL_EXCLUDED)
        private, credential_id = ec.generate_private_key(ec.SECP256R1()), os.urandom(32)
        self.credentials[credential_id] = (party, private)
        public = ES256.from_cryptography_key(private.public_key())  # type: ignore[no-untyped-call]
        made = AttestedCredentialData.create(AAGUID, credential_id, public)
        data = self._data(party, AuthenticatorData.FLAG.AT, made)
        signature = private.sign(data + client_data_hash, ec.ECDSA(hashes.SHA256()))
        return {1: "packed", 2: bytes(data), 3: {"alg": -7, "sig": signature}}

    def _get_assertion(self, parameters: dict[int, Any]) -> dict[int, Any]:
        party, client_data_hash = parameters[1], parameters[2]
        for item in parameters.get(3, []):
            known = self.credentials.get(item["id"])
            if known is not None and known[0] == party:
                data = self._data(party, AuthenticatorData.FLAG(0))
                signature = known[1].sign(data + client_data_hash, ec.ECDSA(hashes.SHA256()))
                return {1: {"id": item["id"], "type": "public-key"}, 2: bytes(data), 3: signature}
        raise CtapError(CtapError.ERR.NO_CREDENTIALS)

    def _data(self, party: str, flags: AuthenticatorData.FLAG, credential: bytes = b"") -> AuthenticatorData:
        self.counter += int(self.counts)
        marked = int(flags | AuthenticatorData.FLAG.UP)
        head = hashlib.sha256(party.encode()).digest() + struct.pack(">BI", marked, self.counter)
        return AuthenticatorData(head + bytes(credential))
