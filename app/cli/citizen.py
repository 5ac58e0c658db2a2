"""`citizen …`: create, import, show, profile, search, update, roles, verify-level."""

import base64
import binascii
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.context import CommandContext
from core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bootstrap import Vault
    from core.access.model import LoginSession
    from core.citizens.model import CitizenFilter, CitizenRecord, PageKey
    from core.jobs.model import Progress

MAX_FILE_BYTES = 256 * 1024
Token = Annotated[str, typer.Argument(help="Identity token.")]
File = Annotated[str, typer.Option("--file", help="JSON file; - for standard input.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("create")(create)
    group.command("import")(import_file)
    group.command("index-names")(index_names)
    group.command("show")(show)
    group.command("profile")(profile)
    group.command("search")(search)
    group.command("update")(update)
    group.command("roles")(roles)
    group.command("verify-level")(verify_level)


def create(context: typer.Context, file: File) -> None:
    """Enrol one citizen from a JSON file."""
    command: CommandContext = context.obj
    values = read_object(file)
    with command.signed_in() as (vault, session):
        from core.citizens.validation import new_citizen, today  # noqa: PLC0415

        citizen = new_citizen(values, today(vault.now()))
        record = vault.services.citizens.enrol(session, citizen)
    command.output.result(document(record))


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV file in UTF-8.")],
    on_error: Annotated[str, typer.Option(help="stop: refuse a file with a broken line; skip: set it aside.")] = "stop",
    errors: Annotated[Path | None, typer.Option(help="Write the lines that were set aside to this CSV file.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Begin anew with a file that was finished.")] = False,
    credentials: Annotated[
        bool, typer.Option("--credentials", help="Then issue their eligibility credentials too, as `proof issue` does.")
    ] = False,
) -> None:
    """Enrol the citizens of a CSV file. Killed or cancelled, the same command goes on where it stood."""
    from core.citizens.csv_file import write_rejections  # noqa: PLC0415
    from core.citizens.import_model import OnError  # noqa: PLC0415
    from core.citizens.validation import choice  # noqa: PLC0415
    from core.errors import JobCancelled, LineRefused  # noqa: PLC0415
    from core.jobs.model import JobState  # noqa: PLC0415

    command: CommandContext = context.obj
    policy = choice(OnError, on_error, "on_error")
    with command.signed_in() as (vault, session), command.interruptible() as interrupted:
        imports = vault.services.imports
        try:
            report = imports.run(
                session, file, policy, again=again, progress=command.output.progress, cancelled=interrupted
            )
        except LineRefused as stopped:
            if errors is not None:
                write_rejections(errors, [stopped.rejection])
            raise
        if errors is not None:
            imports.write_report(session, report.job, errors)
        issued = _issued(vault, session, command.output.progress, interrupted) if credentials else None
    if report.job.state is JobState.CANCELLED:
        raise JobCancelled(f"The import was cancelled after line {report.job.position}.")
    facts = {"imported": report.imported, "rejected": report.rejected, "seconds": round(report.job.seconds, 3)}
    command.output.result(
        {**facts, "job": report.job.job_id, "already_imported": report.already, "credentials": issued}
    )


def _issued(
    vault: "Vault", session: "LoginSession", progress: "Callable[[Progress], None]", cancelled: "Callable[[], bool]"
) -> int:
    """Issue credentials for all who have none; return for how many."""
    vault.services.upkeep.start_job(session)
    job = vault.services.upkeep.wait(progress, cancelled)
    return 0 if job is None else job.counts.get("issued", 0)


def index_names(context: typer.Context) -> None:
    """Make citizens found by name who were enrolled before there was a search by name."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session), command.interruptible() as interrupted:
        job = vault.services.indexing.run(session, command.output.progress, interrupted)
    command.output.result({"indexed": job.counts.get("indexed", 0), "state": job.state, "job": job.job_id})


def show(context: typer.Context, token: Token) -> None:
    """Show a citizen's metadata: no personal data."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        record = vault.services.citizens.show(session, token)
    command.output.result(document(record))


def profile(
    context: typer.Context,
    token: Token,
    purpose: Annotated[str, typer.Option(help="Why the data is read.")],
    reason: Annotated[str | None, typer.Option(help="In words, without personal data.")] = None,
    field: Annotated[list[str] | None, typer.Option("--field", help="Only this field; may be repeated.")] = None,
) -> None:
    """Decrypt a citizen's fields for a purpose; recorded before anything is decrypted."""
    from core.citizens.model import Field, Purpose  # noqa: PLC0415
    from core.citizens.validation import choice  # noqa: PLC0415

    command: CommandContext = context.obj
    asked = [choice(Field, name, "field") for name in field or ()]
    why = choice(Purpose, purpose, "purpose")
    with command.signed_in() as (vault, session):
        read = vault.services.citizens.profile(session, token, why, asked or None, reason)
    command.output.result(
        {"identity_token": read.identity_token, "purpose": read.purpose, "entry": read.entry, "fields": read.values},
        [f"{name.value:<18}{'-' if value is None else value}" for name, value in read.values.items()],
    )


def search(
    context: typer.Context,
    phone: Annotated[str | None, typer.Option(help="Phone; - reads it from standard input.")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail; - reads it.")] = None,
    aadhaar: Annotated[str | None, typer.Option(help="Aadhaar number; - reads it.")] = None,
    pan: Annotated[str | None, typer.Option(help="PAN; - reads it.")] = None,
    user_id: Annotated[str | None, typer.Option(help="User id; - reads it.")] = None,
    token: Annotated[str | None, typer.Option(help="Identity token.")] = None,
    name_prefix: Annotated[str | None, typer.Option(help="How words of the name begin; - reads it.")] = None,
    state: Annotated[str | None, typer.Option(help="State code, as in UP.")] = None,
    district: Annotated[str | None, typer.Option()] = None,
    role: Annotated[str | None, typer.Option()] = None,
    level: Annotated[str | None, typer.Option(help="Verification level.")] = None,
    status: Annotated[str | None, typer.Option()] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
    after: Annotated[str | None, typer.Option(help="The `next` of the page before.")] = None,
) -> None:
    """Find citizens exactly or by the beginnings of their names, or list them by filters, page by page."""
    command: CommandContext = context.obj
    wanted = _filter(state, district, role, level, status)
    named = {"phone": phone, "email": email, "aadhaar": aadhaar, "pan": pan, "user_id": user_id}
    given = [(name, value) for name, value in (*named.items(), ("identity_token", token)) if value is not None]
    if len(given) > 1:
        raise InvalidInput("Search takes one of phone, email, aadhaar, pan, user-id and token at a time.")
    key = page_key(after)
    if given and name_prefix is not None:
        raise InvalidInput("Search takes either an exact value or the beginning of a name.")
    given = [(name, command.personal(value) or "") for name, value in given]
    typed = command.personal(name_prefix)
    with command.signed_in() as (vault, session):
        citizens = vault.services.citizens
        if given:
            found, following = citizens.find(session, *given[0], wanted)[:limit], None
        else:
            page = (
                citizens.page(session, wanted, key, limit)
                if typed is None
                else citizens.find_by_name(session, typed, wanted, key, limit)
            )
            found, following = list(page.items), page.next
    lines = [
        f"{item.identity_token}  {item.state}  {item.district:<20} {item.verification_level.value}" for item in found
    ]
    items = [document(item, brief=True) for item in found]
    command.output.result({"items": items, "next": cursor(following)}, lines or ["No citizen matches."])


def update(context: typer.Context, token: Token, file: File) -> None:
    """Change a citizen's values; null empties one."""
    command: CommandContext = context.obj
    values = read_object(file)
    with command.signed_in() as (vault, session):
        record = vault.services.citizens.update(session, token, values)
    command.output.result(document(record))


def roles(
    context: typer.Context,
    token: Token,
    names: Annotated[str, typer.Option("--set", help="One to five roles, joined by commas.")],
    primary: Annotated[str | None, typer.Option(help="The primary one; the first by default.")] = None,
) -> None:
    """Set a citizen's roles."""
    from core.citizens.model import CitizenRole  # noqa: PLC0415
    from core.citizens.validation import choice  # noqa: PLC0415

    command: CommandContext = context.obj
    chosen = tuple(choice(CitizenRole, name, "roles") for name in names.split(","))
    main = choice(CitizenRole, primary, "primary_role") if primary else None
    with command.signed_in() as (vault, session):
        record = vault.services.citizens.set_roles(session, token, chosen, main)
    command.output.result(document(record))


def verify_level(
    context: typer.Context, token: Token, level: Annotated[str, typer.Option(help="Verification level.")]
) -> None:
    """Set how surely a citizen is known."""
    from core.citizens.model import VerificationLevel  # noqa: PLC0415
    from core.citizens.validation import choice  # noqa: PLC0415

    command: CommandContext = context.obj
    chosen = choice(VerificationLevel, level, "level")
    with command.signed_in() as (vault, session):
        record = vault.services.citizens.set_level(session, token, chosen)
    command.output.result(document(record))


def document(record: "CitizenRecord", *, brief: bool = False) -> dict[str, Any]:
    """Return a record as commands print it; lists leave the keyed digests out."""
    left_out = {"aadhaar_hash", "pan_hash"} if brief else set()
    return {name: value for name, value in vars(record).items() if name not in left_out}


def read_object(file: str) -> dict[str, Any]:
    """Read one JSON object, strictly: UTF-8, no repeated names, not too large. Raises InvalidInput."""
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"The file cannot be read: {error.strerror}.", field="file") from None
    if len(raw) > MAX_FILE_BYTES:
        raise InvalidInput(f"The file is larger than {MAX_FILE_BYTES // 1024} KiB.", field="file")
    try:
        values = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise InvalidInput("The file is no JSON object in UTF-8 with unique names.", field="file") from None
    if not isinstance(values, dict):
        raise InvalidInput("The file must hold one JSON object.", field="file")
    return values


def cursor(key: "PageKey | None") -> str | None:
    """Return an opaque cursor: a state and an identity token, nothing personal."""
    if key is None:
        return None
    return base64.urlsafe_b64encode(f"1 {key.state} {key.identity_token}".encode()).decode().rstrip("=")


def page_key(text: str | None) -> "PageKey | None":
    """Return what a cursor stands for. Raises InvalidInput."""
    if text is None:
        return None
    from core.citizens.model import PageKey, looks_like_token  # noqa: PLC0415

    try:
        version, state, token = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
    except (binascii.Error, ValueError):
        version, state, token = "", "", ""
    if version != "1" or not looks_like_token(token):
        raise InvalidInput("--after takes the `next` of an earlier page.", field="after")
    return PageKey(state, token)


def _filter(
    state: str | None, district: str | None, role: str | None, level: str | None, status: str | None
) -> "CitizenFilter":
    from core.citizens import validation as rules  # noqa: PLC0415
    from core.citizens.model import CitizenFilter, CitizenRole, CitizenStatus, VerificationLevel  # noqa: PLC0415

    return CitizenFilter(
        state=rules.state(state) if state else None,
        district=rules.district(district) if district else None,
        role=rules.choice(CitizenRole, role, "role") if role else None,
        level=rules.choice(VerificationLevel, level, "level") if level else None,
        status=rules.choice(CitizenStatus, status, "status") if status else None,
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("repeated name")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(name)
