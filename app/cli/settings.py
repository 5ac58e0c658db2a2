"""`setting …`: the vault's settings, their history, and changing one."""

from typing import Annotated

import typer

from app.cli.context import CommandContext
from app.cli.operators import Approval, Reason

SettingName = Annotated[str, typer.Argument(help="The setting's name, as `setting list` shows it.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("list")(setting_list)
    group.command("set")(change)
    group.command("history")(history)


def setting_list(context: typer.Context) -> None:
    """List the settings that can be changed, and what each may be."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        settings = vault.services.policies.listing(session)
    lines = [f"{item.name:<24}{item.shown}\n{'':<24}{item.title}; {item.allowed}" for item in settings]
    command.output.result({"items": settings}, lines)


def change(
    context: typer.Context,
    name: SettingName,
    value: Annotated[str, typer.Argument(help="The new value; several names are joined by commas.")],
    approval: Approval = None,
    reason: Reason = None,
) -> None:
    """Change a setting for every console and command of this vault."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        changed = vault.services.policies.change(session, name, value, command.asked(approval, reason))
    command.output.result(vars(changed), [changed.difference])


def history(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One setting; all by default.")] = None,
) -> None:
    """List what was changed, by whom, and why, newest first."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        changes = vault.services.policies.history(session, name)
    lines = [
        f"{item.changed_at:%Y-%m-%d %H:%MZ}  {item.difference}  by {item.changed_by}"
        f"{f', approved by {item.approved_by}' if item.approved_by else ''}{f': {item.reason}' if item.reason else ''}"
        for item in changes
    ]
    command.output.result({"items": changes}, lines or ["Nothing was changed since set-up."])
