"""`init`: set up a vault, or join this home to one that an external database holds already."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.context import CommandContext
from app.cli.output import facts
from app.passwords import DATABASE, PROGRAM, database_password, given_password
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.access.factors import AskSecondFactor
    from core.setup.model import ExternalDatabase, JoinPlan, SetupPlan, SetupResult
    from core.storage.external_address import ExternalAddress
    from hsm.secret import Secret

_KEEP = "Keep the program's password: it stands nowhere else. From now on it is DB_PASSWORD."


def init(
    context: typer.Context,
    operator: Annotated[str | None, typer.Option(help="The first super admin.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the new password.")] = None,
    module: Annotated[Path | None, typer.Option(help="PKCS#11 module; SoftHSM by default.")] = None,
    token_label: Annotated[str | None, typer.Option(help="Label of the new token.")] = None,
    dual_control: Annotated[str, typer.Option(help="on or off.")] = "on",
    kek_capacity: Annotated[int, typer.Option(help="Citizens per key-encryption key.")] = 10_000,
    database_url: Annotated[
        str | None,
        typer.Option(help="External PostgreSQL, postgresql://ROLE@HOST:PORT/DATABASE; DB_PASSWORD is ROLE's."),
    ] = None,
    program_role: Annotated[
        str | None, typer.Option(help="Role that the program works as; DB_PROGRAM_PASSWORD is its password.")
    ] = None,
    token_folder: Annotated[
        Path | None, typer.Option(help="Folder of the software token of a vault that is joined.")
    ] = None,
) -> None:
    """Set up a vault: token, all keys, database, first super admin. A database that holds a vault is joined."""
    from core.setup.model import TOKEN_LABEL, SetupPlan  # noqa: PLC0415 (a fifth of a second that --help need not pay)
    from core.setup.modules import default_module  # noqa: PLC0415

    command: CommandContext = context.obj
    if dual_control not in {"on", "off"}:
        raise InvalidInput("--dual-control is on or off.", field="dual_control")
    name = operator or command.operator()
    library = module or default_module()
    database: ExternalDatabase | None = None
    if database_url is not None:
        address, database_secret, holds_vault = _looked_at(command, database_url)
        if holds_vault:
            from app.cli.sign_in import CliSecondFactor  # noqa: PLC0415

            password = command.password_from(password_file) if password_file else command.password()
            ask = CliSecondFactor(command.settings)
            _join(command, _join_plan(name, password, library, address, database_secret, token_folder, ask))
            return
        database = _external(address, database_secret, program_role)
    if token_folder is not None:
        raise InvalidInput("--token-folder is for joining a vault that is there.", field="token_folder")
    plan = SetupPlan(
        operator=name,
        password=command.password_from(password_file) if password_file else command.password(new=True),
        module=library,
        token_label=token_label or TOKEN_LABEL,
        dual_control=dual_control == "on",
        kek_capacity=kek_capacity,
        database=database,
    )
    _set_up(command, plan)


def _looked_at(command: CommandContext, url: str) -> "tuple[ExternalAddress, Secret, bool]":
    """Return the address, the password of its role, and whether a vault is there."""
    from core.storage import site  # noqa: PLC0415
    from core.storage.database import DatabaseAddress  # noqa: PLC0415
    from core.storage.external_address import ExternalAddress  # noqa: PLC0415

    address = ExternalAddress.parse(url)
    password = database_password(os.environ, DATABASE, ask=command.ask_password)
    seen = site.look(DatabaseAddress(address.parameters(), password), address.role)
    return address, password, seen.holds is site.Holds.VAULT


def _external(address: "ExternalAddress", password: "Secret", role: str | None) -> "ExternalDatabase":
    from core.setup.model import ExternalDatabase  # noqa: PLC0415

    return ExternalDatabase(address, password, role, given_password(os.environ, PROGRAM))


def _join_plan(
    operator: str,
    operator_password: "Secret",
    module: Path,
    address: "ExternalAddress",
    password: "Secret",
    token_folder: Path | None,
    ask: "AskSecondFactor",
) -> "JoinPlan":
    from core.setup.model import JoinPlan  # noqa: PLC0415

    folder = None if token_folder is None else token_folder.absolute()
    return JoinPlan(operator, operator_password, module, address, password, folder, ask)


def _join(command: CommandContext, plan: "JoinPlan") -> None:
    from app.bootstrap import vault_join  # noqa: PLC0415
    from core.audit.model import Origin  # noqa: PLC0415

    joined = vault_join(command.settings.home_folder, Origin.CLI).run(plan)
    document = {
        "joined": True,
        "home": joined.home,
        "log_id": joined.log_id,
        "operator": joined.operator,
        "token_label": joined.token_label,
        "token_serial": joined.token_serial,
    }
    command.output.result({**document, "warnings": joined.warnings}, [*facts(document), *joined.warnings])


def _set_up(command: CommandContext, plan: "SetupPlan") -> None:
    from app.bootstrap import vault_setup  # noqa: PLC0415
    from core.audit.model import Origin  # noqa: PLC0415
    from core.monitor.dual_control import OFF, WAITING  # noqa: PLC0415

    result = vault_setup(command.settings.home_folder, Origin.CLI).run(plan)
    document = _made(result)
    notes = [f"{row.name}: {row.why}" for row in result.fallbacks]
    lines = [*facts(document), *notes, *result.warnings, WAITING if result.dual_control else OFF]
    if result.program_password is not None:
        document["program_password"] = result.program_password.reveal_text()
        lines += [f"program_password  {document['program_password']}", _KEEP]
    command.output.result({**document, "fallbacks": notes, "warnings": result.warnings}, lines)


def _made(result: "SetupResult") -> dict[str, Any]:
    return {
        "home": result.home,
        "log_id": result.log_id,
        "operator": result.operator,
        "token_label": result.token_label,
        "token_serial": result.token_serial,
        "wrap_algorithm": result.wrap_algorithm,
        "log_key": result.log_key,
        "dual_control": "on" if result.dual_control else "off",
        "program_role": result.program_role,
        "key_check_values": result.check_values,
    }
