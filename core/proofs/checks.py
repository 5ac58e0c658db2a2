"""The checks of the verifier, in their order. The mutation test shows what each of them alone refuses."""

from hmac import compare_digest
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from core.proofs import credential as credentials
from core.proofs import presentation as presentations
from core.proofs.ages import day_in_india
from core.proofs.attributes import schema_hash
from core.proofs.claims import MAX_CLAIMS, is_sensible
from core.proofs.examination import Check, Examination
from core.proofs.facts import Impossible, committed_attribute, facts
from core.proofs.group import NotAPoint, p256
from core.proofs.reasons import Reason, Refusal
from core.proofs.response import is_around
from core.proofs.scalars import ORDER
from core.proofs.statement import build
from core.proofs.strict_cbor import NotDeterministic
from core.proofs.transcript import SUITE
from core.proofs.verify_relation import equations_hold, is_valid_instance, narg_length, split

CLOCK_SKEW: Final = 60  # seconds that two clocks may differ


def _require(fulfilled: bool, reason: Reason) -> None:
    if not fulfilled:
        raise Refusal(reason)


# --- the presentation's form -----------------------------------------------------------------------


def _size(e: Examination) -> None:
    _require(len(e.data) <= presentations.MAX_BYTES, Reason.TOO_LARGE)


def _form(e: Examination) -> None:
    try:
        e.shown = presentations.parse(e.data)
    except (NotDeterministic, TypeError):
        raise Refusal(Reason.MALFORMED) from None


def _version(e: Examination) -> None:
    _require(e.shown.version == presentations.VERSION, Reason.VERSION)


def _claim_count(e: Examination) -> None:
    _require(1 <= len(e.shown.claims) <= MAX_CLAIMS, Reason.TOO_MANY_CLAIMS)


# --- the credential --------------------------------------------------------------------------------


def _credential_form(e: Examination) -> None:
    try:
        e.credential = credentials.parse(e.shown.credential)
    except (NotDeterministic, TypeError):
        raise Refusal(Reason.CREDENTIAL_MALFORMED) from None


def _unprotected(e: Examination) -> None:
    _require(not e.credential.unprotected, Reason.CREDENTIAL_MALFORMED)


def _content_type(e: Examination) -> None:
    _require(e.credential.content_type == credentials.CONTENT_TYPE, Reason.CREDENTIAL_MALFORMED)


def _algorithm(e: Examination) -> None:
    """Compare with the one algorithm that a P-256 key signs by."""
    _require(e.credential.algorithm == credentials.ES256, Reason.ALGORITHM)


def _key_id(e: Examination) -> None:
    known = e.expected.authority_id[: credentials.KID_BYTES]
    _require(e.credential.key_id == known, Reason.UNKNOWN_AUTHORITY)


def _authority(e: Examination) -> None:
    _require(e.credential.authority == e.expected.authority_id, Reason.UNKNOWN_AUTHORITY)


def _signature(e: Examination) -> None:
    half, encoded = len(e.credential.signature) // 2, e.credential.signature
    _require(len(encoded) == 64, Reason.SIGNATURE)  # noqa: PLR2004 (RFC 9053 2.1: r || s, 32 bytes each)
    r, s = int.from_bytes(encoded[:half], "big"), int.from_bytes(encoded[half:], "big")
    try:
        e.expected.authority.verify(utils.encode_dss_signature(r, s), e.credential.signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Refusal(Reason.SIGNATURE) from None


def _credential_version(e: Examination) -> None:
    _require(e.credential.version == credentials.VERSION, Reason.CREDENTIAL_VERSION)


def _suite(e: Examination) -> None:
    _require(e.credential.suite == SUITE, Reason.CREDENTIAL_VERSION)


def _schema(e: Examination) -> None:
    _require(e.credential.schema == schema_hash(), Reason.SCHEMA)


def _credential_lifetime(e: Examination) -> None:
    _require(e.credential.expires - e.credential.issued <= credentials.LIFETIME, Reason.CREDENTIAL_TOO_LONG)


def _credential_begun(e: Examination) -> None:
    _require(e.credential.issued <= e.expected.now + CLOCK_SKEW, Reason.CREDENTIAL_NOT_YET_VALID)


def _credential_not_ended(e: Examination) -> None:
    _require(e.expected.now - CLOCK_SKEW <= e.credential.expires, Reason.CREDENTIAL_EXPIRED)


# --- what was asked --------------------------------------------------------------------------------


def _nonce(e: Examination) -> None:
    _require(compare_digest(e.shown.nonce, e.expected.nonce), Reason.NONCE)


def _nonce_length(e: Examination) -> None:
    _require(len(e.shown.nonce) == presentations.NONCE_BYTES, Reason.NONCE)


def _audience(e: Examination) -> None:
    _require(compare_digest(e.shown.audience.encode(), e.expected.audience.encode()), Reason.AUDIENCE)


def _window(e: Examination) -> None:
    _require(0 <= e.shown.expires - e.shown.issued <= presentations.LIFETIME, Reason.WINDOW)


def _begun(e: Examination) -> None:
    _require(e.shown.issued <= e.expected.now + CLOCK_SKEW, Reason.NOT_YET_VALID)


def _not_ended(e: Examination) -> None:
    _require(e.expected.now - CLOCK_SKEW <= e.shown.expires, Reason.EXPIRED)


def _claims(e: Examination) -> None:
    _require(e.shown.claims == e.expected.claims, Reason.CLAIMS)


# --- the proof -------------------------------------------------------------------------------------


def _sensible(e: Examination) -> None:
    """Hold claims to what a request may ask: whoever verifies a file as it stands has asked nothing."""
    _require(all(is_sensible(claim) for claim in e.shown.claims), Reason.CLAIMS)


def _held(e: Examination) -> None:
    asked = {committed_attribute(claim) for claim in e.shown.claims}
    _require(asked <= set(e.credential.commitments), Reason.ATTRIBUTE_MISSING)


def _normal_form(e: Examination) -> None:
    """Bounds and numbers of bits come from public data only, never from the proof."""
    try:
        e.day = day_in_india(e.shown.issued)
        answered = zip(e.shown.claims, e.shown.results, strict=True)
        e.by_claim = [facts(claim, result, e.day) for claim, result in answered]
    except (Impossible, ValueError, KeyError):
        raise Refusal(Reason.IMPOSSIBLE_RESULT) from None


def _own_lengths(e: Examination) -> None:
    needed = [33 * sum(fact.own_commitments for fact in proven) for proven in e.by_claim]
    _require([len(own) for own in e.shown.own] == needed, Reason.COMMITMENT_COUNT)


def _relation(e: Examination) -> None:
    """Build the statement from what is known; what the proof adds are its own commitments only."""
    own: list[list[bytes]] = []
    for proven, joined in zip(e.by_claim, e.shown.own, strict=False):
        points = iter(presentations.points_of(joined, sum(fact.own_commitments for fact in proven)))
        own += [[next(points) for _ in range(fact.own_commitments)] for fact in proven]
    flat = [fact for proven in e.by_claim for fact in proven]
    e.relation = build(flat, e.credential.commitments, own)


def _narg_length(e: Examination) -> None:
    _require(len(e.shown.narg) == narg_length(e.relation), Reason.PROOF_LENGTH)


def _narg(e: Examination) -> None:
    e.narg = split(e.relation, e.shown.narg)


def _scalars(e: Examination) -> None:
    _require(all(int.from_bytes(response, "big") < ORDER for response in e.narg.responses), Reason.SCALAR)


def _points(e: Examination) -> None:
    """Decode all points; the identity has no encoding, so none is the identity."""
    try:
        e.points = p256().decode((*e.relation.elements, *e.narg.commitments))
    except NotAPoint:
        raise Refusal(Reason.POINT) from None


def _instance(e: Examination) -> None:
    _require(is_valid_instance(p256(), e.relation, e.points), Reason.DEGENERATE)


def _equations(e: Examination) -> None:
    """Challenge and all equations at once."""
    _require(equations_hold(e.context.tag(), p256(), e.relation, e.points, e.narg), Reason.PROOF)


def _around(e: Examination) -> None:
    """Compare before the single use is spent."""
    _require(e.around is None or is_around(e.around, e.data, e.context), Reason.RESPONSE_DIFFERS)


def _used_once(e: Examination) -> None:
    remember = e.expected.use_once
    _require(remember is None or remember(e.context.hash), Reason.REPLAYED)


CHECKS: Final = (
    Check("size", _size),
    Check("form", _form),
    Check("version", _version),
    Check("claim_count", _claim_count),
    Check("credential_form", _credential_form),
    Check("unprotected", _unprotected),
    Check("content_type", _content_type),
    Check("algorithm", _algorithm),
    Check("key_id", _key_id),
    Check("authority", _authority),
    Check("signature", _signature),
    Check("credential_version", _credential_version),
    Check("suite", _suite),
    Check("schema", _schema),
    Check("credential_lifetime", _credential_lifetime),
    Check("credential_begun", _credential_begun),
    Check("credential_not_ended", _credential_not_ended),
    Check("nonce", _nonce),
    Check("nonce_length", _nonce_length),
    Check("audience", _audience),
    Check("window", _window),
    Check("begun", _begun),
    Check("not_ended", _not_ended),
    Check("claims", _claims),
    Check("sensible", _sensible),
    Check("held", _held),
    Check("normal_form", _normal_form),
    Check("own_lengths", _own_lengths),
    Check("relation", _relation),
    Check("narg_length", _narg_length),
    Check("narg", _narg),
    Check("scalars", _scalars),
    Check("points", _points),
    Check("instance", _instance),
    Check("equations", _equations),
    Check("around", _around),
    Check("used_once", _used_once),
)
