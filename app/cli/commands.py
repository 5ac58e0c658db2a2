"""All commands by name. Each body is a few lines: read the words, call one service, print.

Services are imported inside the bodies, so that `--help` and a refused word cost nothing.
"""

import logging
import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.main import get_command

from app.cli import approvals, audit, citizen, factors, home, jobs, keys, login_sessions, operators, proof, settings
from app.cli.context import CommandContext
from app.cli.output import Output
from app.logs import LOGGER, start_logging
from app.settings import read_settings
from core.errors import CitizenZeroError, InvalidInput, UnexpectedFault


def build() -> Any:
    """Return the program with all its commands."""
    program = typer.Typer(
        add_completion=False,
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        help="The console of a national digital-identity vault. Without a command it opens the window.",
    )
    program.callback(invoke_without_command=True)(common)
    home.register(program)
    for name, register, words in (
        ("citizen", citizen.register, "Citizens: enrol, find, read, change."),
        ("proof", proof.register, "Eligibility: prove claims without data, verify proofs."),
        ("job", jobs.register, "Long work: imports and the like."),
        ("key", keys.register, "Keys and the HSM token."),
        ("operator", operators.register, "Operators of this vault."),
        ("approval", approvals.register, "Dual control: what waits for a second operator."),
        ("setting", settings.register, "Settings of the vault, with their history."),
        ("vault", home.register_vault, "The vault as a whole."),
        ("audit", audit.register, "The audit log."),
    ):
        group = typer.Typer(no_args_is_help=True, help=words)
        register(group)
        if name == "operator":
            factors.register(group)
            login_sessions.register(group)
        program.add_typer(group, name=name)
    return get_command(program)


def common(
    context: typer.Context,
    home_folder: Annotated[str | None, typer.Option("--home", help="Home folder of the vault.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log to standard error too.")] = False,
    operator: Annotated[str | None, typer.Option("--operator", help="Who acts.")] = None,
    password_file: Annotated[str | None, typer.Option("--password-file", help="File with the password.")] = None,
    totp: Annotated[str | None, typer.Option("--totp", help="Code of your authenticator, or a recovery code.")] = None,
    oidc: Annotated[bool, typer.Option("--oidc", help="Sign in at the identity provider first.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Hold what all commands share."""
    started = read_settings(
        os.environ,
        home=home_folder,
        operator=operator,
        password_file=password_file,
        json=as_json,
        verbose=verbose,
        totp=totp,
        oidc=oidc,
    )
    context.obj = CommandContext(started)
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415

        context.obj.output.result({"version": installed("citizen-zero")})
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.invoke(home.console, context)


def run(words: Sequence[str]) -> int:
    """Run one command and return its exit code; every failure is said once, in words."""
    output = Output(json="--json" in words)
    start_logging(None, verbose=False)
    return _guarded(lambda: build()(args=list(words), prog_name="citizen-zero", standalone_mode=False), output)


def _guarded(command: Callable[[], object], output: Output) -> int:
    try:
        result = command()
    except CitizenZeroError as error:
        output.error(error)
        return error.exit_code
    except typer.Exit as exit_request:
        return exit_request.exit_code
    except typer.Abort:
        output.error(InvalidInput("Stopped."))
        return InvalidInput.exit_code
    except typer.TyperException as error:
        output.error(InvalidInput(_usage(error), remedy="See `citizen-zero --help`."))
        return InvalidInput.exit_code
    except KeyboardInterrupt:
        output.error(InvalidInput("Stopped."))
        return 130
    except BrokenPipeError:
        return 0
    except Exception:
        logging.getLogger(LOGGER).exception("unexpected fault")
        fault = UnexpectedFault("Something unexpected went wrong in the console itself.")
        output.error(fault)
        return fault.exit_code
    return result if isinstance(result, int) else 0


def _usage(error: typer.TyperException) -> str:
    words = getattr(error, "format_message", None)
    return str(words()) if callable(words) else str(error)
