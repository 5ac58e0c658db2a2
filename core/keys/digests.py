"""Keyed digests: how a citizen is found by a number without the number standing anywhere.

HMAC-SHA-256 under the index key, inside the token, over deterministic CBOR of the kind of term and
its normal form. A plain hash would not do: there are only 8 x 10^10 valid Aadhaar numbers. What an
index of digests still shows is which rows are equal and how often (`docs/architecture.md`).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import cbor2

from core.vault_token import VaultToken

SHORT_BYTES = 16


class Term(StrEnum):
    """What is looked up by digest."""

    AADHAAR = "aadhaar"
    PAN = "pan"
    PHONE = "phone"
    EMAIL = "email"


class Digests:
    """Makes digests in the token: any number in one call."""

    def __init__(self, token: VaultToken) -> None:
        self._token = token

    def of(self, terms: Mapping[Term, str]) -> dict[Term, bytes]:
        """Return the 32-byte digest of each term's normal form."""
        return self.of_many([terms])[0]

    def of_many(self, people: Sequence[Mapping[Term, str]]) -> list[dict[Term, bytes]]:
        """Return the digests of several people's terms, in their order."""
        messages = [_message(kind, value) for terms in people for kind, value in terms.items()]
        digests = iter(self._token.index_macs(messages))
        return [{kind: next(digests) for kind in terms} for terms in people]


def _message(kind: Term, value: str) -> bytes:
    return cbor2.dumps(["czidx1", kind.value, value], canonical=True)
