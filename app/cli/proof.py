"""`proof …`: prove, verify, authority, forecast, history, issue. `verify` needs no home, database or HSM."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.context import CommandContext
from core.proofs.files import hand_out

if TYPE_CHECKING:
    from core.proofs.model import ProofRequest
    from core.proofs.verifier import Verdict

Token = Annotated[str, typer.Argument(help="Identity token.")]
Claims = Annotated[str, typer.Option("--claims", help="The proof_request, JSON; - for standard input.")]
Audience = Annotated[str, typer.Option("--audience", help="Whom the proof is for.")]
Nonce = Annotated[str, typer.Option("--nonce", help="64 hex digits, drawn anew by whoever asks.")]
INVALID = 5


def register(group: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (
        ("prove", prove),
        ("verify", verify),
        ("authority", authority),
        ("forecast", forecast),
        ("history", history),
        ("issue", issue),
    ):
        group.command(name)(command)


def prove(
    context: typer.Context,
    token: Token,
    claims: Claims,
    audience: Audience,
    nonce: Nonce,
    output: Annotated[Path | None, typer.Option(help="Write the proof_response to this file.")] = None,
    purpose: Annotated[str, typer.Option(help="Why it is asked.")] = "eligibility_check",
    reason: Annotated[str | None, typer.Option(help="In words, without personal data.")] = None,
) -> None:
    """Prove claims about a citizen true or false, without saying anything else."""
    from core.citizens.model import Purpose  # noqa: PLC0415
    from core.citizens.validation import choice  # noqa: PLC0415

    command: CommandContext = context.obj
    request, why = _request(claims, audience, nonce), choice(Purpose, purpose, "purpose")
    with command.signed_in() as (vault, session):
        answer = vault.services.proofs.prove(session, token, request, why, reason)
    if output is not None:
        hand_out(output, json.dumps(answer.document, ensure_ascii=False).encode())
    lines = [_line(row) for row in answer.document["results"]]
    command.output.result(answer.document, [*lines, f"Proof of {len(answer.presentation):,} bytes."])


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The proof_response.")],
    authority: Annotated[Path, typer.Option(help="The authority's public key, PEM.")],
    claims: Annotated[Path, typer.Option(help="The proof_request that you asked, JSON.")],
    audience: Audience,
    nonce: Nonce,
    at: Annotated[str | None, typer.Option(help="Judge as of this time (RFC 3339).")] = None,
    seen: Annotated[Path | None, typer.Option(help="File that keeps each proof's single use.")] = None,
) -> None:
    """Verify a proof, offline. Exit code 5 if it is refused."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from core.proofs import verify as verifying  # noqa: PLC0415
    from core.proofs.response import FILE_BYTES  # noqa: PLC0415

    command: CommandContext = context.obj
    question = verifying.Question(authority, claims, audience, nonce, at, seen)
    verdict = verifying.judge(verifying.read_file(file, "file", FILE_BYTES), question.expected(datetime.now(UTC)))
    command.output.result(verifying.verdict_document(verdict), _verdict_lines(verdict))
    if not verdict.valid:
        raise typer.Exit(INVALID)


def authority(
    context: typer.Context, output: Annotated[Path | None, typer.Option(help="Write the key to this file.")] = None
) -> None:
    """Hand out the authority's public key: what verifiers trust."""
    import hashlib  # noqa: PLC0415

    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        pem, identifier = vault.services.proofs.authority(session)
    if output is not None:
        hand_out(output, pem)
    document = {"authority": identifier.hex(), "public_key": pem.decode(), "sha256": hashlib.sha256(pem).hexdigest()}
    command.output.result(document, [f"Authority {identifier.hex()}", *([] if output else pem.decode().splitlines())])


def forecast(context: typer.Context, token: Token, claims: Claims, audience: Audience) -> None:
    """Say what a question could tell before it is asked, and what was learnt so far."""
    command: CommandContext = context.obj
    request = _request(claims, audience, "0" * 64)
    with command.signed_in() as (vault, session):
        preview = vault.services.proofs.forecast(session, token, request)
    from core.proofs.attributes import BY_ID  # noqa: PLC0415

    def weights(found: Any) -> list[dict[str, Any]]:
        return [
            {
                "attribute": BY_ID[weight.attribute].name,
                "bits_before": round(weight.before, 2),
                "bits_after": round(weight.after, 2),
                "limit": None if weight.limit == float("inf") else weight.limit,
                "allowed": weight.allowed,
            }
            for weight in found
        ]

    command.output.result(
        {
            "allowed": preview.forecast.allowed,
            "audience": weights(preview.forecast.one),
            "together": weights(preview.forecast.together),
            "learnt": [{**vars(one), "bits": round(one.bits, 2)} for one in preview.learnt],
        }
    )


def history(
    context: typer.Context,
    token: Annotated[
        str | None, typer.Argument(help="Identity token; all citizens of the last 30 days without.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
) -> None:
    """List the proofs made last: when, by whom, for whom, about what. No threshold, no answer."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        past = vault.services.proofs.history(session, token, limit)
    lines = [f"{one.time:%Y-%m-%d %H:%M}Z  {one.audience}  {', '.join(one.attributes)}  {one.operator}" for one in past]
    command.output.result({"items": past}, lines or ["No proof was made."])


def issue(context: typer.Context) -> None:
    """Issue credentials for all citizens who have none that is current. Killed, it goes on where it stood."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session), command.interruptible() as interrupted:
        job = vault.services.reissue.run(session, command.output.progress, interrupted)
    command.output.result({"issued": job.counts.get("issued", 0), "state": job.state, "job": job.job_id})


def _request(claims: str, audience: str, nonce: str) -> "ProofRequest":
    from core.proofs.claims import REQUEST_BYTES, parse_request  # noqa: PLC0415
    from core.proofs.model import ProofRequest  # noqa: PLC0415
    from core.proofs.verify import parse_audience, parse_nonce, read_file  # noqa: PLC0415

    text = (
        sys.stdin.buffer.read(REQUEST_BYTES + 1) if claims == "-" else read_file(Path(claims), "claims", REQUEST_BYTES)
    )
    return ProofRequest(parse_request(text), parse_audience(audience), parse_nonce(nonce))


def _verdict_lines(verdict: "Verdict") -> list[str]:
    if verdict.reason is not None:
        return [f"Refused: {verdict.reason.sentence}", f"Reason {verdict.reason.value}"]
    rows = [_line({**claim.request(), "result": result}) for claim, result in verdict.results]
    return ["Valid.", *rows]


def _line(row: dict[str, Any]) -> str:
    return f"{row['attribute']} {row['operator']} {row['value']}: {'true' if row['result'] else 'false'}"
