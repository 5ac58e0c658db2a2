"""Proving a linear relation: the batchable flavour of draft-irtf-cfrg-sigma-protocols.

How the commitment message is computed is the caller's, who knows more about the elements than the
relation says. Nothing here checks that the witness fulfils the relation: whoever proves verifies the
own proof before it is let out.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from core.proofs.relation import LinearRelation, serialize
from core.proofs.scalars import ORDER, encode_scalar, random_scalar
from core.proofs.sponge import derive_session_id
from core.proofs.transcript import derive_challenge

BLIND_BITS: Final = 64


def prove(
    tag: bytes,
    relation: LinearRelation,
    witness: Sequence[int],
    commit: Callable[[Sequence[int]], list[bytes]],
    draw: Callable[[], int] = random_scalar,
) -> bytes:
    """Return commitments and responses, encoded.

    `commit` evaluates the relation's right-hand sides at the nonces it is given; `draw` makes one fresh nonce.
    """
    if len(witness) != relation.scalar_count:
        raise ValueError("the witness does not fit the relation")
    nonces = [draw() for _ in witness]
    commitment = b"".join(commit(nonces))
    challenge = derive_challenge(derive_session_id(tag), serialize(relation), commitment)
    return commitment + b"".join(
        encode_scalar(nonce + challenge * _blinded(secret)) for nonce, secret in zip(nonces, witness, strict=True)
    )


def _blinded(secret: int) -> int:
    """Return the same scalar with a random multiple of the order, so that Python's arithmetic takes no hint of it."""
    return secret + ORDER * (secrets.randbits(BLIND_BITS) | 1 << BLIND_BITS)
