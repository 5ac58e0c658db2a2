"""The embedded PostgreSQL server of one home folder: made once, joined by every process that uses the home.

Whoever uses it holds a shared lock on a file. Who leaves and can get that lock exclusively was the last one and stops
the server. Locks die with their process, so a killed console leaves nothing but a running server, which the next one
adopts. Starts and stops wait for each other at a second lock.

This module knows no tables and opens no connection for others: `core/storage/database.py` does that.
"""

import os
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from core.errors import AlreadyExists, DatabaseUnavailable, DatabaseVersion
from core.storage.embedded_account import (
    PORT,
    SYSTEM_FOLDER,
    ServerAccount,
    is_root,
    prepare_private_folder,
    prepare_system_folder,
    server_account,
    socket_folder_for,
)
from core.storage.embedded_cluster import (
    DATABASE,
    OWNER_ROLE,
    PROGRAM_ROLE,
    initialise,
    make_roles_and_database,
    remove_folder,
)
from core.storage.embedded_postmaster import START_SECONDS, STOP_SECONDS, Postmaster
from core.storage.locks import FileLock, exclusive
from core.storage.postgres_binaries import MAJOR, PostgresBinaries, copy_binaries, find_binaries
from hsm.secret import Secret

__all__ = ["DATABASE", "OWNER_ROLE", "PROGRAM_ROLE", "EmbeddedServer"]

_LONGEST_HOME_ID = 40


class EmbeddedServer:
    """The server of `home`. `home_id` is unique for the home and made of letters, digits and hyphens.

    Its methods may be called from any thread. All raise `DatabaseUnavailable`.
    """

    def __init__(self, home: Path, *, home_id: str) -> None:
        if not home_id.replace("-", "").isalnum() or not home_id.isascii() or len(home_id) > _LONGEST_HOME_ID:
            raise ValueError(f"a home id is made of up to {_LONGEST_HOME_ID} letters, digits and hyphens")
        self._home = Path(os.path.realpath(home))
        self._home_id = home_id
        self._own_folder = self._home / "database"
        self.base_folder = SYSTEM_FOLDER / home_id if is_root() else self._own_folder
        self._users = FileLock(self.base_folder / "users.lock")
        self._running_socket_folder: Path | None = None
        self._thread_lock = threading.RLock()

    # --- what `status` shows and a connection needs ---------------------------------------------------------------

    kind: Final = "embedded"
    program_role: Final = PROGRAM_ROLE
    can_restart: Final = True
    warnings: Final[tuple[str, ...]] = ()

    @property
    def data_folder(self) -> Path:
        """The folder of the cluster."""
        return self.base_folder / "data"

    @property
    def log_file(self) -> Path:
        """The server's log, which holds neither statements nor values."""
        return self.base_folder / "log" / "postgresql.log"

    @property
    def socket_folder(self) -> Path:
        """Where the server listens; before `join`, where it would listen if it were started now."""
        return self._running_socket_folder or socket_folder_for(self.base_folder, self._home_id)

    @property
    def binaries_folder(self) -> Path:
        """The folder of the programs that the server runs from."""
        return self._binaries.folder

    @property
    def version(self) -> str:
        """PostgreSQL's version, like `18.4`."""
        return self._binaries.version

    @property
    def is_created(self) -> bool:
        """Whether the home has a cluster."""
        return (self.data_folder / "PG_VERSION").exists()

    @property
    def is_joined(self) -> bool:
        """Whether this object keeps the server running."""
        return self._users.is_held

    def facts(self) -> dict[str, str]:
        """Return where everything lies, for `status`."""
        return {
            "kind": self.kind,
            "data_folder": str(self.data_folder),
            "socket_folder": str(self.socket_folder),
            "binaries_folder": str(self.binaries_folder),
            "log_file": str(self.log_file),
        }

    def connection_parameters(self, role: str, *, database: str = DATABASE) -> Mapping[str, str]:
        """Return libpq's keywords for a role, all but the password.

        The client insists on SCRAM and, where the server's account has a name, on that account at the other end.
        """
        name = self._account.name
        return {
            "host": str(self.socket_folder),
            "port": str(PORT),
            "dbname": database,
            "user": role,
            "require_auth": "scram-sha-256",
            **({"requirepeer": name} if name else {}),
            "gssencmode": "disable",
        }

    def connection_url(self, role: str, *, database: str = DATABASE) -> str:
        """Return the same as SQLAlchemy's URL for psycopg, without the password."""
        parameters = dict(self.connection_parameters(role, database=database))
        user, name = parameters.pop("user"), parameters.pop("dbname")
        return f"postgresql+psycopg://{quote(user)}@/{quote(name)}?{urlencode(parameters, quote_via=quote)}"

    # --- life -----------------------------------------------------------------------------------------------------

    def create(self, owner_password: Secret, program_password: Secret) -> None:
        """Make the cluster, its database and its two roles; the server does not run afterwards.

        It appears whole or not at all. Raises `AlreadyExists` when the home has one.
        """
        with self._thread_lock:
            self._make_folders()
            with self._start_lock() as lock:
                if self.is_created:
                    raise AlreadyExists("This home already has a database.", remedy="Choose another home folder.")
                staging = self.data_folder.with_name("data.new")
                postmaster = self._postmaster(staging)
                postmaster.stop()  # what a killed set-up may have left
                remove_folder(staging)
                try:
                    prepare_private_folder(staging, self._account)
                    initialise(self._binaries, self._account, staging, owner_password, lock)
                    make_roles_and_database(postmaster, self.socket_folder, owner_password, program_password)
                    staging.rename(self.data_folder)
                except BaseException:
                    remove_folder(staging)
                    raise

    def join(self) -> None:
        """Use the server from now on: start it, or adopt or share the one that runs. Joining twice is joining once."""
        with self._thread_lock:
            self._require_cluster()
            with self._start_lock():
                if not self._users.is_held and not self._users.acquire(shared=True, timeout=STOP_SECONDS):
                    raise DatabaseUnavailable("Another process is stopping the embedded database and does not end.")
                try:
                    self._bring_up()
                except BaseException:
                    self._users.release()
                    raise

    def ensure_running(self) -> None:
        """Bring the server back when a connection was lost while joined; returns once it takes connections."""
        with self._thread_lock:
            if not self._users.is_held:
                raise DatabaseUnavailable("The embedded database is not in use by this process.", remedy="Join first.")
            with self._start_lock():
                self._bring_up()

    def leave(self) -> None:
        """Stop using the server; the last one to leave stops it. Close all connections first."""
        with self._thread_lock:
            if not self._users.is_held:
                return
            with self._start_lock():
                if self._users.acquire(shared=False, timeout=0):
                    try:
                        self._postmaster(self.data_folder).stop()
                    finally:
                        self._users.release()
            self._running_socket_folder = None

    def destroy(self) -> None:
        """Stop the server and remove all that it made: for a failed set-up and for throw-away homes.

        Raises `DatabaseUnavailable` and leaves everything when another process uses the server.
        """
        with self._thread_lock:
            if not self.base_folder.exists():
                return
            with self._start_lock():
                was_joined = self._users.is_held
                if not self._users.acquire(shared=False, timeout=0):
                    if was_joined:
                        self._users.acquire(shared=True, timeout=0)
                    raise DatabaseUnavailable(
                        "Another process uses the embedded database.",
                        remedy="Close the other console, then try again.",
                    )
                for folder in (self.data_folder, self.data_folder.with_name("data.new")):
                    self._postmaster(folder).stop()
                remove_folder(self.socket_folder)
                remove_folder(self.base_folder)
                self._users.release()
                self._running_socket_folder = None

    # --- inside ---------------------------------------------------------------------------------------------------

    @cached_property
    def _account(self) -> ServerAccount:
        return server_account()

    @cached_property
    def _binaries(self) -> PostgresBinaries:
        found = find_binaries()
        return found.copied_to(SYSTEM_FOLDER) if is_root() else found

    def _postmaster(self, data_folder: Path) -> Postmaster:
        return Postmaster(self._binaries, self._account, data_folder, self.log_file)

    def _start_lock(self) -> AbstractContextManager[FileLock]:
        return exclusive(
            self.base_folder / "start.lock",
            timeout=START_SECONDS + STOP_SECONDS,
            busy="Another process has been starting or stopping the embedded database for minutes.",
        )

    def _bring_up(self) -> None:
        self._install_binaries()
        self._running_socket_folder = None
        self._running_socket_folder = self._postmaster(self.data_folder).bring_up(self.socket_folder)

    def _require_cluster(self) -> None:
        if is_root() and not self.is_created and (self._own_folder / "data").exists():
            raise DatabaseUnavailable(
                f"The database of {self._home} belongs to the ordinary user who made it, not to root.",
                remedy="Start the console as that user.",
            )
        try:
            made_by = (self.data_folder / "PG_VERSION").read_text(encoding="ascii").strip()
        except OSError as error:
            raise DatabaseUnavailable(
                f"The home {self._home} has no embedded database: {self.data_folder} cannot be read.",
                remedy="Set the vault up first, or choose the right home folder.",
            ) from error
        if made_by != str(MAJOR):
            raise DatabaseVersion(
                f"The embedded database was made by PostgreSQL {made_by}, and this console brings PostgreSQL {MAJOR}.",
                remedy="Restore a backup of the vault into a new home with this console.",
            )

    def _make_folders(self) -> None:
        """Make the base folder. As root it stays root's, so that the server cannot touch locks and log."""
        try:
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            if is_root():
                prepare_system_folder()
                self.base_folder.mkdir(mode=0o750, exist_ok=True)
                os.chown(self.base_folder, 0, self._account.gid)
            else:
                self.base_folder.mkdir(mode=0o700, exist_ok=True)
            self.log_file.parent.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DatabaseUnavailable(f"The folder of the embedded database cannot be made: {error}.") from error
        self._install_binaries()

    def _install_binaries(self) -> None:
        if not is_root():
            return
        try:
            copy_binaries(find_binaries(), SYSTEM_FOLDER)
        except OSError as error:
            raise DatabaseUnavailable(
                f"The PostgreSQL programs cannot be copied to {SYSTEM_FOLDER}: {error}.",
                remedy="See that the disk has 60 MB of room, then try again.",
            ) from error
