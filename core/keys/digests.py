"""Keyed digests: how a citizen is found by a number without the number standing anywhere.

HMAC-SHA-256 under the index key, inside the token, over deterministic CBOR of the kind of term and
its normal form; prefixes of names under a subkey of it (`hsm/inworker/subkeys.py`). A plain hash would
not do: there are only 8 x 10^10 valid Aadhaar numbers. What an index of digests still shows is which
rows are equal and how often (`docs/architecture.md`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import cbor2

from core.vault_token import TokenTurn, VaultToken

SHORT_BYTES = 16


class Term(StrEnum):
    """What is looked up by digest."""

    AADHAAR = "aadhaar"
    PAN = "pan"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class NewTerms:
    """What a new citizen is to be known and found by: the user id's bytes, exact terms, name prefixes."""

    user_id: bytes
    terms: Mapping[Term, str] = field(repr=False)
    prefixes: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True)
class NewDigests:
    """The same as keyed digests: the user id's MAC (32 bytes), terms (32 bytes each), names (16 bytes each)."""

    identity: bytes
    terms: Mapping[Term, bytes]
    names: Sequence[bytes]


class Digests:
    """Makes digests in the token: any number in one call."""

    def __init__(self, token: VaultToken) -> None:
        self._token = token

    def of(self, terms: Mapping[Term, str]) -> dict[Term, bytes]:
        """Return the 32-byte digest of each term's normal form."""
        return self.of_many([terms])[0]

    def of_names(self, people: Sequence[Sequence[bytes]]) -> list[list[bytes]]:
        """Return the 16-byte digests of several people's name prefixes, in their order."""
        digests = iter(self._token.name_macs([prefix for prefixes in people for prefix in prefixes]))
        return [[next(digests)[:SHORT_BYTES] for _ in prefixes] for prefixes in people]

    def of_new(self, people: Sequence[NewTerms]) -> list[NewDigests]:
        """Return everything that new citizens are known and found by, in one exchange with the HSM."""
        identity, index, names = self._token.search_macs([person.user_id for person in people], *_messages(people))
        ids, terms, prefixes = iter(identity), iter(index), iter(names)
        return [_new_digests(person, next(ids), terms, prefixes) for person in people]

    def ask_for_new(self, turn: TokenTurn, person: NewTerms) -> Callable[[], NewDigests]:
        """Ask for the same of one citizen; returns what waits for it."""
        macs = turn.search_macs([person.user_id], *_messages([person]))

        def digests() -> NewDigests:
            identity, index, names = macs()
            return _new_digests(person, identity[0], iter(index), iter(names))

        return digests

    def of_many(self, people: Sequence[Mapping[Term, str]]) -> list[dict[Term, bytes]]:
        """Return the digests of several people's terms, in their order."""
        messages = [_message(kind, value) for terms in people for kind, value in terms.items()]
        digests = iter(self._token.index_macs(messages))
        return [{kind: next(digests) for kind in terms} for terms in people]


def _messages(people: Sequence[NewTerms]) -> tuple[list[bytes], list[bytes]]:
    """Return the messages of exact terms and of name prefixes."""
    terms = [_message(kind, value) for person in people for kind, value in person.terms.items()]
    return terms, [prefix for person in people for prefix in person.prefixes]


def _new_digests(person: NewTerms, identity: bytes, terms: Iterator[bytes], names: Iterator[bytes]) -> NewDigests:
    return NewDigests(
        identity,
        {kind: next(terms) for kind in person.terms},
        [next(names)[:SHORT_BYTES] for _ in person.prefixes],
    )


def _message(kind: Term, value: str) -> bytes:
    return cbor2.dumps(["czidx1", kind.value, value], canonical=True)
