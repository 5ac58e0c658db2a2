"""`approval …`: what waits for a second operator, seen, approved and rejected."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.context import CommandContext, request_id

if TYPE_CHECKING:
    from core.approvals.model import ApprovalView

Id = Annotated[str, typer.Argument(help="The request's id.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("list")(approval_list)
    group.command("show")(show)
    group.command("approve")(approve)
    group.command("reject")(reject)


def approval_list(context: typer.Context) -> None:
    """List the requests last made, newest first; seals and signatures are checked."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        views = vault.services.approvals.listing(session)
    lines = [
        f"{view.id}  {view.status.value:<10}{view.operation.value:<18}{view.target:<28}by {view.requester}"
        for view in views
    ]
    command.output.result({"items": [_document(view) for view in views]}, lines or ["Nothing was asked for."])


def show(context: typer.Context, request: Id) -> None:
    """Show one request in full: exactly what will be done, who signed, what was checked."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        view = vault.services.approvals.show(session, request_id(request))
    command.output.result(_document(view), _lines(view))


def approve(context: typer.Context, request: Id) -> None:
    """Approve another operator's request: your own key signs exactly what it says."""
    command: CommandContext = context.obj
    wanted = request_id(request)
    with command.signed_in() as (vault, session):
        view = vault.services.approvals.approve(session, wanted, command.password())
    command.output.result(_document(view), _lines(view))


def reject(
    context: typer.Context,
    request: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the log: no personal data.")],
) -> None:
    """Reject a request, or take your own back."""
    command: CommandContext = context.obj
    wanted = request_id(request)
    with command.signed_in() as (vault, session):
        view = vault.services.approvals.reject(session, wanted, reason, command.password())
    command.output.result(_document(view), _lines(view))


def _document(view: "ApprovalView") -> dict[str, Any]:
    return {**asdict(view), "parameters": dict(view.parameters), "may_decide": view.may_decide}


def _lines(view: "ApprovalView") -> list[str]:
    return [
        f"{view.title}: {view.target}",
        view.meaning,
        *(f"  {name:<14}{value}" for name, value in view.parameters),
        f"Status    {view.status.value}, expires {view.expires:%Y-%m-%d %H:%MZ}",
        f"SHA-256   {view.digest}",
        *(f"Signed    {item.operator} {item.act} {item.at:%Y-%m-%d %H:%MZ}, key {item.key[:16]}…"
          f"{f': {item.reason}' if item.reason else ''}" for item in view.signatures),
        *(f"{'Checked ' if check.passed else 'Missing '}  {check.words}" for check in view.checks),
        *([] if view.why_not is None else [view.why_not]),
    ]  # fmt: skip
