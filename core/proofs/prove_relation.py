"""Proving a linear relation: the batchable flavour of draft-irtf-cfrg-sigma-protocols.

How the commitment message is computed is the caller's, who knows more about the elements than the
relation says. Nothing here checks that the witness fulfils the relation: whoever proves verifies the
own proof before it is let out.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from core.proofs.relation import LinearRelation, serialize
from core.proofs.scalars import ORDER, encode_scalar, random_scalars
from core.proofs.sponge import derive_session_id
from core.proofs.transcript import derive_challenge

BLIND_BYTES: Final = 8
_ALWAYS: Final = 1 << 8 * BLIND_BYTES  # so that all multiples have one size


def prove(
    tag: bytes,
    relation: LinearRelation,
    witness: Sequence[int],
    commit: Callable[[Sequence[int]], list[bytes]],
    draw: Callable[[int], list[int]] = random_scalars,
) -> bytes:
    """Return commitments and responses, encoded.

    `commit` evaluates the relation's right-hand sides at the nonces it is given; `draw` makes so many fresh nonces.
    """
    if len(witness) != relation.scalar_count:
        raise ValueError("the witness does not fit the relation")
    nonces = draw(len(witness))
    commitment = b"".join(commit(nonces))
    challenge = derive_challenge(derive_session_id(tag), serialize(relation), commitment)
    return commitment + b"".join(
        encode_scalar(nonce + challenge * secret) for nonce, secret in zip(nonces, _blinded(witness), strict=True)
    )


def _blinded(witness: Sequence[int]) -> list[int]:
    """Return the same scalars plus random multiples of the order, so that Python's arithmetic takes no hint of them."""
    drawn = secrets.token_bytes(BLIND_BYTES * len(witness))
    return [
        secret + ORDER * (_ALWAYS + int.from_bytes(drawn[place * BLIND_BYTES : (place + 1) * BLIND_BYTES], "big"))
        for place, secret in enumerate(witness)
    ]
