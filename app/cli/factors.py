"""`operator factor …`: second factors, one's own and, for a super admin, those of whoever lost a device."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import CommandContext
from app.cli.operators import Approval, Reason

if TYPE_CHECKING:
    from core.access.factors import Confirmed, NewTotp

_ONCE = "Keep the recovery codes where the authenticator is not. Each is taken once; they are not shown again."


def register(group: typer.Typer) -> None:
    """Add `factor` to the commands about operators."""
    factor = typer.Typer(no_args_is_help=True, help="Second factors: authenticators, security keys, recovery codes.")
    factor.command("add")(factor_add)
    factor.command("confirm")(factor_confirm)
    factor.command("list")(factor_list)
    factor.command("remove")(factor_remove)
    group.add_typer(factor, name="factor")


def factor_add(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="totp or fido2.")],
    label: Annotated[str, typer.Option(help="What you call it.")] = "",
) -> None:
    """Add a second factor for yourself: an authenticator (totp) or the security key that is plugged in (fido2)."""
    from core.errors import InvalidInput  # noqa: PLC0415 (as everywhere: bodies import what they need)

    command: CommandContext = context.obj
    if kind not in {"totp", "fido2"}:
        raise InvalidInput("A second factor is totp or fido2.", field="kind")
    with command.signed_in() as (vault, session):
        factors = vault.services.factors
        if kind == "fido2":
            from app.cli.sign_in import security_key  # noqa: PLC0415

            request = factors.begin_security_key(session)
            response = security_key().register(request.options)
            confirmed = factors.add_security_key(session, command.password_again(), request, response, label)
            _show_confirmed(command, confirmed)
            return
        new = factors.begin_totp(session, label)
        if command.settings.json or not sys.stdin.isatty():
            _show_new(command, new)
            return
        _draw(new)
        code = typer.prompt("The code that the authenticator shows now")
        _show_confirmed(
            command, factors.confirm_totp(session, command.password_again(), new.factor.factor_id, code)
        )  # fmt: skip


def factor_confirm(
    context: typer.Context,
    factor: Annotated[str, typer.Argument(help="Id that `factor add totp` gave.")],
    code: Annotated[str, typer.Option("--code", help="The code that the authenticator shows now.")],
) -> None:
    """Confirm a new authenticator by its first code: from then on sign-in asks for it."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        confirmed = vault.services.factors.confirm_totp(session, command.password_again(), factor, code)
        _show_confirmed(command, confirmed)


def factor_list(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Another operator, for a super admin.")] = None,
) -> None:
    """List second factors, yours by default."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        factors = vault.services.factors.factors(session, name)
    lines = [
        f"{item.factor_id}  {item.kind.value:<10}{item.state.value:<9}{item.label}"
        f"{'' if item.codes_left is None else f'  {item.codes_left} left'}"
        for item in factors
    ]
    command.output.result({"items": factors}, lines)


def factor_remove(
    context: typer.Context,
    factor: Annotated[str, typer.Argument(help="Id of the factor.")],
    approval: Approval = None,
    reason: Reason = None,
) -> None:
    """Remove a second factor: yours, or that of an operator who lost it."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        removed = vault.services.factors.remove(session, factor, command.asked(approval, reason))
    command.output.result({"removed": removed.factor_id, "operator": removed.operator, "kind": removed.kind})


def _show_new(command: CommandContext, new: "NewTotp") -> None:
    document = {"factor": new.factor.factor_id, "kind": new.factor.kind, "uri": new.uri, "expires": new.expires}
    how = f"Then: citizen-zero operator factor confirm {new.factor.factor_id} --code CODE"
    command.output.result(document, [_picture(new), new.uri, how])


def _show_confirmed(command: CommandContext, confirmed: "Confirmed") -> None:
    factor, codes = confirmed.factor, list(confirmed.recovery_codes)
    document = {"factor": factor.factor_id, "kind": factor.kind, "state": factor.state, "recovery_codes": codes}
    lines = [f"{factor.label} counts from now on.", *codes, *([_ONCE] if codes else [])]
    command.output.result(document, lines)


def _draw(new: "NewTotp") -> None:
    typer.echo(f"{_picture(new)}\n{new.uri}")


def _picture(new: "NewTotp") -> str:
    import io  # noqa: PLC0415

    import segno  # noqa: PLC0415 (only here)

    drawn = io.StringIO()
    segno.make(new.uri, error="m").terminal(out=drawn, compact=True)
    return drawn.getvalue().rstrip("\n")
