"""The specified proof_response: the proof as JSON, and what may stand around it.

Everything in it but `proof` repeats what the proof says, for programs that do not verify. Where it says
anything else, the response is refused.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from core.proofs.claims import Claim
from core.proofs.presentation import MAX_BYTES, Context
from core.proofs.reasons import Reason, Refusal

FILE_BYTES: Final = 2 * MAX_BYTES


@dataclass(frozen=True)
class Response:
    """A response as read: the presentation's bytes, and the members around them."""

    presentation: bytes
    around: dict[str, Any]


def response_document(presentation: bytes, context: Context) -> dict[str, Any]:
    """Return the members of a proof_response."""
    return {
        **_around(presentation, context),
        "proof": base64.urlsafe_b64encode(presentation).decode().rstrip("="),
    }


def result_rows(claims: Sequence[Claim], results: Sequence[bool]) -> list[dict[str, Any]]:
    """Return the claims as they were asked, each with its result."""
    return [{**claim.request(), "result": result} for claim, result in zip(claims, results, strict=True)]


def read_response(data: bytes) -> Response:
    """Return a response's parts. Raises Refusal."""
    if len(data) > FILE_BYTES:
        raise Refusal(Reason.TOO_LARGE)
    try:
        document = json.loads(data, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Refusal(Reason.MALFORMED) from None
    if not isinstance(document, dict):
        raise Refusal(Reason.MALFORMED)
    encoded = document.pop("proof", None)
    if not isinstance(encoded, str) or not encoded:
        raise Refusal(Reason.NO_PROOF)
    try:
        presentation = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(Reason.MALFORMED) from None
    if base64.urlsafe_b64encode(presentation).decode().rstrip("=") != encoded:
        raise Refusal(Reason.MALFORMED)  # the spare bits of the last digit
    return Response(presentation, document)


def is_around(members: Mapping[str, object], presentation: bytes, context: Context) -> bool:
    """Tell whether the members say just what the proof says, compared as JSON: 1 is not true."""
    expected = _around(presentation, context)
    try:
        return json.dumps(members, sort_keys=True) == json.dumps(expected, sort_keys=True)
    except RecursionError:  # nested as deep as could just be read
        return False


def _around(presentation: bytes, context: Context) -> dict[str, Any]:
    return {
        "identity_token": context.identity_token,
        "results": result_rows(context.claims, context.results),
        "all_satisfied": all(context.results),
        "proof_hash": hashlib.sha256(presentation).hexdigest(),
        "timestamp": datetime.fromtimestamp(context.issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found
