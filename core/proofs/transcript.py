"""What prover and verifier draw from the transcript alike: the challenge, and the verifier's weights.

draft-irtf-cfrg-sigma-protocols, sections "Challenge derivation" and "Batch verification", for the suite
sigma-proofs_Shake128_P256.
"""

from typing import Final

from core.proofs.scalars import ORDER, WIDE_BYTES
from core.proofs.sponge import DuplexSponge, decode_uint, derive_session_id

SUITE: Final = "sigma-proofs_Shake128_P256"
WEIGHT_BYTES: Final = 16
BATCH_TAG: Final = b"irtf-cfrg-sigma-protocols/batch-verify"


def derive_challenge(session_id: bytes, instance: bytes, commitment: bytes) -> int:
    """Return the challenge that depends on session, serialised relation and commitment message."""
    sponge = DuplexSponge(session_id)
    sponge.absorb(instance)
    sponge.absorb(commitment)
    return decode_uint(sponge.squeeze(WIDE_BYTES), ORDER)


def derive_weights(session_id: bytes, instance: bytes, narg: bytes, count: int) -> list[int]:
    """Return one weight of 128 bits for each equation; all that the equations hold goes in first."""
    sponge = DuplexSponge(derive_session_id(BATCH_TAG))
    for message in (session_id, instance, narg):
        sponge.absorb(message)
    drawn = sponge.squeeze(WEIGHT_BYTES * count)
    return [
        int.from_bytes(drawn[start : start + WEIGHT_BYTES], "little") for start in range(0, len(drawn), WEIGHT_BYTES)
    ]
