"""Verifying a proof from files: the verifier's own program, `python -m core.proofs.verify`.

Needs the response, the authority's public key, and what was asked; no vault, no database, no HSM.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from core.errors import CitizenZeroError, InvalidInput
from core.proofs.attributes import BY_ID
from core.proofs.claims import REQUEST_BYTES, parse_request
from core.proofs.examination import Expected
from core.proofs.presentation import NONCE_BYTES, parse
from core.proofs.reasons import Reason, Refusal
from core.proofs.response import FILE_BYTES, read_response, result_rows
from core.proofs.seen import SeenFile
from core.proofs.strict_cbor import NotDeterministic
from core.proofs.verifier import Verdict, verify

INTEGRITY_EXIT = 5
AUDIENCE_LENGTH = 255
KEY_BYTES = 16 * 1024
_FILES = {"file": "The proof", "authority": "The authority's key", "claims": "The file of claims"}


@dataclass(frozen=True)
class Question:
    """What a verifier names to check a file."""

    authority: Path
    claims: Path
    audience: str
    nonce: str
    at: str | None = None
    seen: Path | None = None

    def expected(self, now: datetime) -> Expected:
        """Return it as the verifier takes it. Raises InvalidInput."""
        return Expected(
            read_authority(read_file(self.authority, "authority", KEY_BYTES)),
            parse_request(read_file(self.claims, "claims", REQUEST_BYTES)),
            parse_nonce(self.nonce),
            parse_audience(self.audience),
            int((parse_time(self.at) if self.at else now).timestamp()),
            SeenFile(self.seen).use_once if self.seen else None,
        )


def judge(data: bytes, expected: Expected) -> Verdict:
    """Return the verdict on a proof_response in JSON. Raises nothing for hostile bytes."""
    try:
        response = read_response(data)
    except Refusal as refusal:
        return Verdict(refusal.reason, "response")
    return verify(response.presentation, expected, response.around)


def judge_as_shown(
    data: bytes, authority: ec.EllipticCurvePublicKey, now: datetime, *, audience: str = "", nonce: str = ""
) -> Verdict:
    """Return the verdict on a response for somebody who did not ask: claims are taken as the proof names them.

    Audience and nonce are compared where they are given; without them nobody knows whom it was made for.
    """
    try:
        shown = parse(read_response(data).presentation)
    except Refusal as refusal:
        return Verdict(refusal.reason, "response")
    except (NotDeterministic, TypeError):
        return Verdict(Reason.MALFORMED, "form")
    asked_nonce = parse_nonce(nonce) if nonce else shown.nonce
    expected = Expected(authority, shown.claims, asked_nonce, audience or shown.audience, int(now.timestamp()))
    return judge(data, expected)


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON members."""
    document: dict[str, Any] = {
        "valid": verdict.valid,
        "results": result_rows([claim for claim, _ in verdict.results], [result for _, result in verdict.results]),
        "reason": verdict.reason.value if verdict.reason else None,
    }
    if verdict.reason is not None:
        return {**document, "message": verdict.reason.sentence}
    if verdict.context is not None and verdict.credential is not None:
        document |= {
            "identity_token": verdict.context.identity_token,
            "audience": verdict.context.audience,
            "issued": rfc3339(verdict.context.issued),
            "credential": {
                "issued": rfc3339(verdict.credential.issued),
                "expires": rfc3339(verdict.credential.expires),
                "attributes": [BY_ID[key].name for key in verdict.credential.commitments if key in BY_ID],
            },
        }
    return document


def read_file(path: Path, field: str, most: int) -> bytes:
    """Return a file's bytes; of one that is larger than `most` one byte more, for who reads it to refuse it.

    Raises InvalidInput.
    """
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except (OSError, ValueError):
        raise InvalidInput(f"{_FILES[field]} cannot be read.", field=field) from None


def read_authority(pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the authority's public key. Raises InvalidInput unless it is a P-256 key in PEM."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidInput("The authority's key is not a P-256 public key in PEM.", field="authority")
    return key


def parse_nonce(text: str) -> bytes:
    """Return the 32 bytes of a nonce. Raises InvalidInput."""
    try:
        nonce = bytes.fromhex(text)
    except ValueError:
        nonce = b""
    if len(nonce) != NONCE_BYTES or len(text) != 2 * NONCE_BYTES:
        raise InvalidInput("A nonce is 64 hex digits, drawn anew for each request.", field="nonce")
    return nonce


def parse_audience(text: str) -> str:
    """Return an audience: 1 to 255 characters, none of them a control. Raises InvalidInput."""
    if not 1 <= len(text) <= AUDIENCE_LENGTH or not text.isprintable():
        raise InvalidInput(f"An audience has 1 to {AUDIENCE_LENGTH} characters.", field="audience")
    return text


def parse_time(text: str) -> datetime:
    """Return a time as in 2026-07-14T09:00:00Z. Raises InvalidInput."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter where UTC has no such year
        pass
    raise InvalidInput("A time is written as in 2026-07-14T09:00:00Z.", field="at")


def rfc3339(seconds: int) -> str:
    """Return a time in seconds since 1970 as RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(words: Sequence[str] | None = None) -> int:
    """Verify a file; print one JSON document. Returns 0, 5 for a proof that is refused, or the error's exit code."""
    parser = argparse.ArgumentParser(prog="python -m core.proofs.verify", description="Verify an eligibility proof.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--authority", type=Path, required=True, help="the authority's public key, PEM")
    parser.add_argument("--claims", type=Path, required=True, help="the proof_request, JSON")
    parser.add_argument("--audience", required=True, help="whom the proof must be made for: you")
    parser.add_argument("--nonce", required=True, help="the 64 hex digits that you asked with")
    parser.add_argument("--at", help="judge as of this time (RFC 3339)")
    parser.add_argument("--seen", type=Path, help="file that keeps each proof's single use")
    given = parser.parse_args(words)
    try:
        question = Question(given.authority, given.claims, given.audience, given.nonce, given.at, given.seen)
        verdict = judge(read_file(given.file, "file", FILE_BYTES), question.expected(datetime.now(UTC)))
    except CitizenZeroError as error:
        document = {"error": {"code": error.code, "message": error.message}}
        code = error.exit_code
    else:
        document, code = verdict_document(verdict), 0 if verdict.valid else INTEGRITY_EXIT
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
