"""Under which account, and in which folders, the embedded server runs.

PostgreSQL refuses to run as root, and no other account reaches into root's folders. So root gives it an account and a
place of its own under `/var/lib/citizen-zero`; everybody else runs it as themselves, inside the home folder.
This module starts no server.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import DatabaseUnavailable
from core.storage.locks import exclusive

ACCOUNT_NAME = "citizen-zero"
SYSTEM_FOLDER = Path("/var/lib/citizen-zero")
PORT = 5432

_LONGEST_SOCKET_PATH = 107  # bytes: sun_path holds 108 with the closing NUL
_INSTALL_TIMEOUT = 60.0
_CLEAN_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class ServerAccount:
    """The account whose processes and files the server's are. `separate`: it is not the console's own."""

    name: str | None
    uid: int
    gid: int
    separate: bool

    def own(self, path: Path) -> None:
        """Hand a file or folder that the console just made to the account."""
        if self.separate:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def start(
        self, arguments: list[str], *, folder: Path, error_output: int, pass_descriptors: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a program as this account: apart from the terminal, with nothing inherited from the console.

        Its standard output is a pipe, its error output the given descriptor. Raises `DatabaseUnavailable`.
        """
        try:
            return subprocess.Popen(
                arguments,
                cwd=folder,
                env=_CLEAN_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=error_output,
                pass_fds=pass_descriptors,
                start_new_session=True,
                umask=0o077,
                user=self.uid if self.separate else None,
                group=self.gid if self.separate else None,
                extra_groups=[] if self.separate else None,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise DatabaseUnavailable(
                f"{Path(arguments[0]).name} of the embedded database cannot be started: {error}.",
                remedy=f"See that the account {self.name or self.uid} may run {arguments[0]}.",
            ) from error


def is_root() -> bool:
    """Whether the console runs as root, so that the server needs an account of its own."""
    return os.geteuid() == 0


def server_account() -> ServerAccount:
    """Return the account for the server; as root, make the dedicated one when it is missing."""
    if not is_root():
        return ServerAccount(_name_of(os.geteuid()), os.geteuid(), os.getegid(), separate=False)
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        entry = _make_account()
    if entry.pw_uid == 0:
        raise DatabaseUnavailable(
            f"The account {ACCOUNT_NAME} is root itself, and PostgreSQL refuses to run as root.",
            remedy=f"Give {ACCOUNT_NAME} a number of its own, or start the console as an ordinary user.",
        )
    return ServerAccount(entry.pw_name, entry.pw_uid, entry.pw_gid, separate=True)


def prepare_system_folder() -> None:
    """Make `/var/lib/citizen-zero` when it is missing, and refuse one that somebody else could change."""
    try:
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        found = SYSTEM_FOLDER.lstat()
    except OSError as error:
        raise DatabaseUnavailable(f"The folder {SYSTEM_FOLDER} cannot be made: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise DatabaseUnavailable(
            f"{SYSTEM_FOLDER} is not a folder that belongs to root alone, so the database would not be safe in it.",
            remedy="Move it away, then try again.",
        )
    SYSTEM_FOLDER.chmod(0o755)


def socket_folder_for(base: Path, home_id: str) -> Path:
    """Choose where the server listens: in its own folder when the path is short enough for a socket.

    Else in `$XDG_RUNTIME_DIR` or the folder for temporary files, under a name that the home's id makes its own. A comma
    would part two hosts in libpq, so such a path is avoided too.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    candidates = [
        base / "socket",
        *([Path(runtime, "citizen-zero-" + home_id)] if runtime and Path(runtime).is_dir() else []),
        Path(tempfile.gettempdir(), f"citizen-zero-{os.geteuid()}-{home_id}"),
    ]
    for candidate in candidates:
        path = os.fsencode(candidate / f".s.PGSQL.{PORT}")
        if len(path) <= _LONGEST_SOCKET_PATH and b"," not in path:
            return candidate
    raise DatabaseUnavailable(
        f"No folder for the database's socket has a path of at most {_LONGEST_SOCKET_PATH} bytes without a comma.",
        remedy="Set TMPDIR to a folder with a short path, or move the home folder to one.",
    )


def prepare_private_folder(folder: Path, account: ServerAccount) -> None:
    """Make a 0700 folder of the account, or check that the one found there is just that.

    In a folder for temporary files anybody may have put something under this name first: a link or somebody else's
    folder is refused, never followed.
    """
    try:
        try:
            folder.mkdir(mode=0o700)
            account.own(folder)
        except FileExistsError:
            pass
        found = folder.lstat()
        safe = stat.S_ISDIR(found.st_mode) and found.st_uid == account.uid
        if safe and stat.S_IMODE(found.st_mode) != 0o700:  # noqa: PLR2004 -- a mode reads best as itself
            folder.chmod(0o700)
    except OSError as error:
        raise DatabaseUnavailable(f"The folder {folder} cannot be made: {error.strerror}.") from error
    if not safe:
        raise DatabaseUnavailable(
            f"{folder} should be the database's own folder, but is a link, a file or belongs to somebody else.",
            remedy="Find out who made it, remove it, then try again.",
        )


def _name_of(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _make_account() -> pwd.struct_passwd:
    """Make the system account. A system account, because logind removes the shared memory of others at log-out."""
    prepare_system_folder()
    with exclusive(SYSTEM_FOLDER / ".lock", timeout=_INSTALL_TIMEOUT, busy="Another process is making the account."):
        try:
            return pwd.getpwnam(ACCOUNT_NAME)  # another process was quicker
        except KeyError:
            pass
        program = shutil.which("useradd", path=_CLEAN_ENVIRONMENT["PATH"])
        reason = "there is no `useradd`"
        if program is not None:
            made = subprocess.run(
                [
                    *(program, "--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER)),
                    *("--shell", "/usr/sbin/nologin", "--comment", "Citizen Zero Console database", ACCOUNT_NAME),
                ],
                capture_output=True,
                text=True,
                check=False,
                env=_CLEAN_ENVIRONMENT,
            )
            reason = made.stderr.strip()
        try:
            return pwd.getpwnam(ACCOUNT_NAME)
        except KeyError:
            raise DatabaseUnavailable(
                f"PostgreSQL refuses to run as root, and its account {ACCOUNT_NAME} could not be made: {reason}.",
                remedy="Start the console as an ordinary user, or make a system account of that name.",
            ) from None
