"""Commands about the vault as a whole: init, console, demo, status, vault verify."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.context import CommandContext
from app.cli.init import init
from core.errors import CitizenZeroError, IntegrityFailure

if TYPE_CHECKING:
    from core.access.model import Operator


def register(program: typer.Typer) -> None:
    """Add the commands without a noun."""
    program.command("init")(init)
    program.command("console")(console)
    program.command("demo")(demo)
    program.command("status")(status)


def register_vault(group: typer.Typer) -> None:
    """Add `vault …`."""
    group.callback()(_nothing)
    group.command("verify")(vault_verify)


def console(context: typer.Context) -> None:
    """Open the window: the set-up wizard where there is no vault yet."""
    from app.desktop import run_desktop  # noqa: PLC0415 (Qt)

    raise typer.Exit(run_desktop(context.obj.settings))


def demo(
    context: typer.Context,
    citizens: Annotated[int, typer.Option(help="How many synthetic people.")] = 1_000,
    no_window: Annotated[bool, typer.Option("--no-window", help="Stop before the window opens.")] = False,
) -> None:
    """Make a throw-away vault full of synthetic people, then open the window on it."""
    from app.demo.vault import DemoVault  # noqa: PLC0415

    command: CommandContext = context.obj
    vault = DemoVault.make(command.settings, citizens, say=None if command.settings.json else typer.echo)
    if no_window:
        command.output.result(vault.facts())
        return
    from app.desktop import run_desktop  # noqa: PLC0415 (Qt)

    try:
        code = run_desktop(vault.settings, sign_in=vault.credentials)
    finally:
        vault.remove()
    raise typer.Exit(code)


def status(context: typer.Context) -> None:
    """Say how HSM, database, log and jobs are."""
    command: CommandContext = context.obj
    with command.vault() as vault:
        parts = vault.health.parts()
        jobs, dual_control = vault.jobs(), vault.dual_control()
    document = {
        "home": vault.home.path,
        **{
            part.part: {
                "state": part.state,
                **part.facts,
                **({"warnings": part.warnings} if part.warnings else {}),
                **({"error": {"code": part.error.code, "message": part.error.message}} if part.error else {}),
            }
            for part in parts
        },
        "jobs": jobs,
        "dual_control": dual_control,
    }
    lines = [f"{part.part:<14}{part.state}{f'  {part.error.message}' if part.error else ''}" for part in parts]
    warnings = [f"Warning: {warning}" for part in parts for warning in part.warnings]
    if dual_control is not None:
        from core.monitor.dual_control import standing_words  # noqa: PLC0415 (loaded with the vault)

        lines.append(f"dual control  {standing_words(dual_control)}")
        warnings += [f"Warning: {dual_control.banner}"] if dual_control.banner else []
    command.output.result(document, [f"{'home':<14}{vault.home.path}", *lines, *warnings])
    failed: list[CitizenZeroError] = [part.error for part in parts if part.error is not None]
    if failed:
        raise typer.Exit(failed[0].exit_code)


def vault_verify(
    context: typer.Context,
    sample: Annotated[int | None, typer.Option(min=1, help="Check this many citizens, chosen at random.")] = None,
) -> None:
    """Check every seal, every revision against the log, and the log."""
    command: CommandContext = context.obj
    with command.signed_in() as (vault, session):
        verdict = vault.services.check.verify(session, sample)
    if verdict.whole:
        command.output.result({"valid": True, **_counts(verdict)})
        return
    named = list(verdict.problems.items())
    lines = "; ".join(f"{thing}: {problem}" for thing, problem in named[:5])
    raise IntegrityFailure(
        f"{len(named)} of the vault's records are not what the console stored. {lines}.",
    )


def _bound(operator: "Operator") -> str:
    return "all states" if operator.states is None else ",".join(sorted(operator.states))


def _counts(verdict: object) -> dict[str, object]:
    return {name: getattr(verdict, name) for name in ("citizens", "other_rows", "entries")}


def _nothing() -> None:
    """Hold the group together even while it has a single command."""
