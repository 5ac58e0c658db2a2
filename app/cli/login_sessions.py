"""`operator sessions` and `operator sign-out`: who is signed in where, and ending it from elsewhere."""

from typing import Annotated

import typer

from app.cli.context import CommandContext


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("sessions")(operator_sessions)
    group.command("sign-out")(operator_sign_out)


def operator_sessions(context: typer.Context) -> None:
    """List the open login sessions, yours or everybody's; a command's own is there while it runs."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        records = vault.services.sessions.listing(session)
    items = [
        {
            "login_session": item.login_session,
            "operator": item.operator,
            "role": item.role,
            "kind": item.kind,
            "host": item.device.host,
            "system": item.device.system,
            "process": item.device.process,
            "started_at": item.started_at,
            "last_seen_at": item.last_seen_at,
            "ends_at": item.ends_at,
            "mine": item.mine,
        }
        for item in records
    ]
    lines = [
        f"{item.login_session}  {item.operator:<24}{item.kind.value:<9}{item.device.host:<20}"
        f"last active {item.last_seen_at:%Y-%m-%d %H:%M:%SZ}{'  (this one)' if item.mine else ''}"
        for item in records
    ]
    command.output.result({"items": items}, lines)


def operator_sign_out(
    context: typer.Context, login_session: Annotated[str, typer.Argument(help="Id that `operator sessions` shows.")]
) -> None:
    """Sign a login session out: its window locks, or its command ends, within seconds."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        ended = vault.services.sessions.sign_out(session, login_session)
    command.output.result({"signed_out": ended.login_session, "operator": ended.operator})
