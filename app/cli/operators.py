"""`operator …`: who may act here: list, invite, join, role, disable."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import CommandContext
from core.errors import InvalidInput
from hsm.secret import Secret

if TYPE_CHECKING:
    from core.access.model import Invitation, Operator, Role

Approval = Annotated[str | None, typer.Option("--approval", help="The approval that was given for exactly this.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; it stays in the log: no personal data.")]
Name = Annotated[str, typer.Argument(help="The operator's name.")]
RoleName = Annotated[str, typer.Option("--role", help="super_admin, custodian, registrar or auditor.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("list")(operator_list)
    group.command("invite")(invite)
    group.command("join")(join)
    group.command("role")(role)
    group.command("states")(states)
    group.command("disable")(disable)


def operator_list(context: typer.Context) -> None:
    """List the operators and open invitations; every record's seal is checked."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        operators = vault.services.operators.operators(session)
        invitations = vault.services.operators.invitations(session)
    lines = [f"{item.name:<24}{item.role.value:<14}{item.state:<10}{_bound(item)}" for item in operators]
    lines += [
        f"{item.name:<24}{item.role.value:<14}invited until {item.expires:%d %b %H:%MZ}  {_bound(item)}".rstrip()
        for item in invitations
    ]
    command.output.result({"items": operators, "invitations": invitations}, lines)


def invite(
    context: typer.Context,
    name: Name,
    role: RoleName,
    person: Annotated[
        str | None, typer.Option(help="Who stands behind the account, where somebody has several; else the name.")
    ] = None,
    states: Annotated[
        str, typer.Option(help="States whose citizens the operator will see: codes as in UP,MH; or all.")
    ] = "all",
    approval: Approval = None,
    reason: Reason = None,
) -> None:
    """Invite an operator. The one-time code is shown once: hand it over in person."""
    from core.access.states import checked_states, states_named  # noqa: PLC0415 (kept out of --help)

    command: CommandContext = context.obj
    chosen, bound = _role(role), checked_states(states)
    with command.signed_in() as (vault, session):
        asked = command.asked(approval, reason)
        made = vault.services.invitations.invite(session, name, chosen, asked, person, bound)
    document = {
        "code": made.code.reveal_text(),
        "expires": made.expires,
        "operator": made.name,
        "role": made.role,
        "states": states_named(made.states),
    }
    command.output.result(document)


def join(
    context: typer.Context,
    code: Annotated[str, typer.Option("--code", help="The invitation code; `-` reads it from standard input.")],
    operator: Annotated[str, typer.Option("--operator", help="The name that was invited.")],
    password_file: Annotated[Path | None, typer.Option(help="File with the new password.")] = None,
) -> None:
    """Become an operator, with an own password that nobody else learns. Nobody needs to be signed in."""
    from core.audit.model import Origin  # noqa: PLC0415 (kept out of commands that need no vault)

    command: CommandContext = context.obj
    typed = Secret(command.personal(code) or "")
    password = command.password_from(password_file) if password_file else command.password(new=True)
    with command.vault() as vault:
        joined = vault.services.invitations.join(typed, operator, password, Origin.CLI)
    command.output.result({"operator": joined.name, "role": joined.role, "state": joined.state, "key": joined.key})


def role(context: typer.Context, name: Name, role: RoleName, approval: Approval = None, reason: Reason = None) -> None:
    """Give an operator another role, from the next sign-in on."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        changed = vault.services.operators.set_role(session, name, _role(role), command.asked(approval, reason))
    command.output.result({"operator": changed.name, "role": changed.role, "state": changed.state})


def states(
    context: typer.Context,
    name: Name,
    states: Annotated[str, typer.Option("--set", help="State codes joined by commas, as in UP,MH; or all.")],
    approval: Approval = None,
    reason: Reason = None,
) -> None:
    """Bind an operator to the citizens of some states, from the next sign-in on."""
    from core.access.states import checked_states, states_named  # noqa: PLC0415 (kept out of --help)

    command: CommandContext = context.obj
    chosen = checked_states(states)
    with command.signed_in() as (vault, session):
        bound = vault.services.operators.set_states(session, name, chosen, command.asked(approval, reason))
    command.output.result({"operator": bound.name, "states": states_named(bound.states)})


def disable(context: typer.Context, name: Name, approval: Approval = None, reason: Reason = None) -> None:
    """Disable an operator: no sign-in any more, and a new token PIN that only the others can open."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        disabled = vault.services.operators.disable(session, name, command.asked(approval, reason))
    command.output.result({"operator": disabled.name, "role": disabled.role, "state": disabled.state})


def _bound(operator: "Operator | Invitation") -> str:
    return "" if operator.states is None else f"only {', '.join(sorted(operator.states))}"


def _role(text: str) -> "Role":
    from core.access.model import Role  # noqa: PLC0415 (kept out of --help)

    try:
        return Role(text)
    except ValueError:
        raise InvalidInput(f"--role is one of: {', '.join(Role)}.", field="role") from None
