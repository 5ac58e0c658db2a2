"""Makes a new database cluster: `initdb`, the two roles and the database.

The roles' rights on tables come from the migrations; here the program's role gets the right to connect and loses all
others. Passwords go through a pipe and as SCRAM verifiers: never onto a command line, a disk or into a statement.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.errors import DatabaseUnavailable
from core.storage.embedded_account import PORT, ServerAccount
from core.storage.embedded_postmaster import Postmaster
from core.storage.locks import FileLock
from core.storage.postgres_binaries import PostgresBinaries
from core.storage.program_role import create_program_role
from hsm.secret import Secret

DATABASE: Final = "citizen_zero"
OWNER_ROLE: Final = "citizen_zero_owner"
PROGRAM_ROLE: Final = "citizen_zero_program"


def initialise(
    binaries: PostgresBinaries, account: ServerAccount, folder: Path, owner_password: Secret, lock: FileLock
) -> None:
    """Run `initdb` on the empty `folder` of the account: checksums, UTF-8, SCRAM for every connection.

    It inherits the held `lock`, so that after a killed console nobody takes the folder from under
    it. Raises `DatabaseUnavailable` with what `initdb` said.
    """
    with _readable_pipe(owner_password, account) as descriptor, tempfile.TemporaryFile() as errors:
        process = account.start(
            [
                *(binaries.program("initdb"), "-D", str(folder), f"--username={OWNER_ROLE}"),
                *("--auth=scram-sha-256", f"--pwfile=/dev/fd/{descriptor}", "--data-checksums", "--no-instructions"),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            folder=folder,
            error_output=errors.fileno(),
            pass_descriptors=(descriptor, lock.fileno()),
        )
        process.communicate()
        if process.returncode != 0:
            errors.seek(0)
            raise DatabaseUnavailable(
                "The files of the embedded database could not be made.",
                meaning="There is no database yet.",
                remedy=f"See that the disk of {folder.parent} has 100 MB of room and allows writing, then try again.",
                details={"initdb": errors.read().decode(errors="replace").strip()},
            )


def make_roles_and_database(
    postmaster: Postmaster, socket_folder: Path, owner_password: Secret, program_password: Secret
) -> None:
    """Start the new server once, make the program's role and the database, stop it. Raises `DatabaseUnavailable`."""
    import psycopg  # noqa: PLC0415 -- 50 ms that only a set-up should pay
    from psycopg import sql  # noqa: PLC0415

    host = postmaster.bring_up(socket_folder)
    try:
        with psycopg.connect(
            host=str(host),
            port=PORT,
            dbname="postgres",
            user=OWNER_ROLE,
            password=owner_password.reveal_text(),
            autocommit=True,
        ) as connection:
            create_program_role(connection, PROGRAM_ROLE, program_password)
            role = sql.Identifier(PROGRAM_ROLE)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            connection.execute(
                sql.SQL("REVOKE ALL ON DATABASE postgres, template1, {} FROM PUBLIC").format(sql.Identifier(DATABASE))
            )
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(DATABASE), role))
        with psycopg.connect(
            host=str(host),
            port=PORT,
            dbname=DATABASE,
            user=OWNER_ROLE,
            password=owner_password.reveal_text(),
            autocommit=True,
        ) as connection:
            connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    except psycopg.Error as error:
        raise DatabaseUnavailable(
            "The roles of the new embedded database could not be made.",
            meaning="There is no database yet.",
            details={"postgresql": str(error)},
        ) from error
    finally:
        postmaster.stop()


def remove_folder(folder: Path) -> None:
    """Remove a folder with all it holds, or nothing when it is not there. Raises `DatabaseUnavailable`."""
    try:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The database folder {folder} could not be removed: {error}.",
            meaning="What is left of it cannot be used as a database.",
            remedy="Remove the folder by hand.",
        ) from error


@contextlib.contextmanager
def _readable_pipe(password: Secret, account: ServerAccount) -> Iterator[int]:
    reading, writing = os.pipe()
    try:
        if account.separate:
            os.fchown(reading, account.uid, account.gid)
        try:
            os.write(writing, password.reveal() + b"\n")
        finally:
            os.close(writing)
        yield reading
    finally:
        os.close(reading)
