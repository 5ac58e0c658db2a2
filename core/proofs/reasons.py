"""Why a proof was refused: stable words for programs, sentences for people."""

from enum import StrEnum


class Reason(StrEnum):
    """The one reason a verdict names: the first check that refused."""

    TOO_LARGE = "too_large"
    NO_PROOF = "no_proof"
    MALFORMED = "malformed"
    VERSION = "version"
    TOO_MANY_CLAIMS = "too_many_claims"
    RESPONSE_DIFFERS = "response_differs"
    CREDENTIAL_MALFORMED = "credential_malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_AUTHORITY = "unknown_authority"
    SIGNATURE = "signature"
    CREDENTIAL_VERSION = "credential_version"
    SCHEMA = "schema"
    CREDENTIAL_NOT_YET_VALID = "credential_not_yet_valid"
    CREDENTIAL_EXPIRED = "credential_expired"
    CREDENTIAL_TOO_LONG = "credential_too_long"
    NONCE = "nonce"
    AUDIENCE = "audience"
    WINDOW = "window"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REPLAYED = "replayed"
    CLAIMS = "claims"
    ATTRIBUTE_MISSING = "attribute_missing"
    IMPOSSIBLE_RESULT = "impossible_result"
    COMMITMENT_COUNT = "commitment_count"
    PROOF_LENGTH = "proof_length"
    SCALAR = "scalar"
    POINT = "point"
    DEGENERATE = "degenerate"
    PROOF = "proof"

    @property
    def sentence(self) -> str:
        """Return what it means, for a person."""
        return _SENTENCES[self]


class Refusal(Exception):
    """A check refused. `reason` says why; it never crosses the verifier's border."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


_SENTENCES = {
    Reason.TOO_LARGE: "The file is larger than any proof.",
    Reason.NO_PROOF: "The file holds results without a proof.",
    Reason.MALFORMED: "The file is not a proof, or was changed.",
    Reason.VERSION: "The proof has a version that this program does not know.",
    Reason.TOO_MANY_CLAIMS: "The proof answers more than ten claims.",
    Reason.RESPONSE_DIFFERS: "What stands around the proof differs from what is proven.",
    Reason.CREDENTIAL_MALFORMED: "The credential in the proof is not one, or was changed.",
    Reason.ALGORITHM: "The credential names another signature algorithm than the authority's key has.",
    Reason.UNKNOWN_AUTHORITY: "The credential is of another authority than the one you trust.",
    Reason.SIGNATURE: "The authority did not sign this credential.",
    Reason.CREDENTIAL_VERSION: "The credential has a version or suite that this program does not know.",
    Reason.SCHEMA: "The credential numbers the attributes in another way than this program.",
    Reason.CREDENTIAL_NOT_YET_VALID: "The credential is not valid yet at that time.",
    Reason.CREDENTIAL_EXPIRED: "The credential had ended at that time.",
    Reason.CREDENTIAL_TOO_LONG: "The credential claims to live longer than 30 days.",
    Reason.NONCE: "The proof answers another request: its nonce is not yours.",
    Reason.AUDIENCE: "The proof was made for somebody else.",
    Reason.WINDOW: "The proof claims to be usable longer than five minutes.",
    Reason.NOT_YET_VALID: "The proof is from the future.",
    Reason.EXPIRED: "The proof is too old.",
    Reason.REPLAYED: "The proof was used before.",
    Reason.CLAIMS: "The proof answers other claims than you asked.",
    Reason.ATTRIBUTE_MISSING: "The credential does not hold an attribute that the proof is about.",
    Reason.IMPOSSIBLE_RESULT: "No value can have this result.",
    Reason.COMMITMENT_COUNT: "The proof does not have the parts that its claims need.",
    Reason.PROOF_LENGTH: "The proof does not have the length that its claims need.",
    Reason.SCALAR: "A number in the proof is not in its one form.",
    Reason.POINT: "A point in the proof is not on the curve, or not in its one form.",
    Reason.DEGENERATE: "The proof would hold for anybody.",
    Reason.PROOF: "The proof does not hold: the results are not proven.",
}
