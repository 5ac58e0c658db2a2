"""`key …`: the ledger of key-encryption keys and what the token holds."""

import typer

from app.cli.context import CommandContext


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.callback()(_nothing)
    group.command("list")(key_list)
    group.command("status")(key_status)


def key_list(context: typer.Context) -> None:
    """List the KEKs: state, citizens, age, due date, check value."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        keks = vault.services.keys.ledger(session)
    items = [{**vars(kek), "due_at": kek.due_at} for kek in keks]
    lines = [
        f"{kek.kek_id}  {kek.state.value:<12}{kek.algorithm:<14}{kek.members:>7} of {kek.capacity}  {kek.check_value}"
        for kek in keks
    ]
    command.output.result({"items": items}, lines)


def key_status(context: typer.Context) -> None:
    """Show every key on the token and its protection."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        keys = vault.services.keys.on_token(session)
    lines = [
        f"{key.label:<20}{key.key_class:<9}{key.key_type:<16}"
        f"{'sensitive ' if key.sensitive else ''}"
        f"{'under trusted only' if key.wrap_with_trusted else 'extractable' if key.extractable else 'stays'}"
        for key in keys
    ]
    command.output.result({"items": keys}, lines)


def _nothing() -> None:
    """Hold the group together."""
