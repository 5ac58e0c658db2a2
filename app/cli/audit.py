"""`audit …`: verify, head, search."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.context import CommandContext
from core.errors import InvalidInput, LogIntegrityFailure


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("verify")(verify)
    group.command("head")(head)
    group.command("search")(search)


def verify(context: typer.Context) -> None:
    """Read the whole log: no gap, every authentication code, every column."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        verdict = vault.services.log.verify(session)
    if verdict.first_bad is not None:
        raise LogIntegrityFailure(f"The log has been changed. First bad entry: {verdict.first_bad}: {verdict.problem}.")
    command.output.result({"valid": True, "entries": verdict.entries, "without_mac": verdict.without_mac})


def head(context: typer.Context) -> None:
    """Show how many entries the log has."""
    command: CommandContext = context.obj
    with command.vault() as vault:
        command.output.result({"entries": vault.services.audit.size()})


def search(
    context: typer.Context,
    by: Annotated[str | None, typer.Option("--by", help="Operator.")] = None,
    action: Annotated[str | None, typer.Option(help="As in citizen:profile.")] = None,
    outcome: Annotated[str | None, typer.Option(help="intent, done, refused or failed.")] = None,
    token: Annotated[str | None, typer.Option("--token", help="Identity token.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="RFC 3339 time, inclusive.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="RFC 3339 time, exclusive.")] = None,
    before: Annotated[int | None, typer.Option(help="Only entries with a smaller index.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """List the newest entries that fit, each checked."""
    from core.audit.model import EntryFilter  # noqa: PLC0415

    command: CommandContext = context.obj
    wanted = EntryFilter(by, action, outcome, token, _time(since, "from"), _time(until, "to"), before)
    with command.signed_in() as (vault, session):
        entries = vault.services.log.search(session, wanted, limit)
    items = [
        {
            **{name: value for name, value in vars(entry).items() if name not in {"entry", "mac"}},
            "detail": entry.detail,
            "entry": entry.entry.hex(),
            "authenticated": entry.mac is not None,
        }
        for entry in entries
    ]
    lines = [
        f"{entry.index:>8}  {entry.time:%Y-%m-%d %H:%M:%S}Z  {entry.operator:<20}{entry.action:<24}"
        f"{entry.outcome:<9}{entry.identity_token or ''}"
        for entry in entries
    ]
    command.output.result({"items": items}, lines)


def _time(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--{option} takes a time as in 2026-07-14T09:00:00Z.", field=option) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
