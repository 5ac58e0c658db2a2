"""A real external PostgreSQL for tests: TCP on localhost, TLS by a certificate authority made for the test.

The programs are those of the embedded server's wheel (18 and 16), which are built without TLS, so a front
brings it, or Debian's (15). It runs as the embedded server's account, so tests may be root.
"""

import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg import sql

from core.storage.embedded_account import ServerAccount, is_root, server_account
from core.storage.external_address import ExternalAddress
from core.storage.postgres_binaries import find_binaries
from hsm.secret import Secret
from tests.support.tls_front import TlsFront

SUPERUSER = "postgres"
_DEBIAN = Path("/usr/lib/postgresql/15/bin")
_PATIENCE = 20.0


def programs(major: int) -> Path | None:
    """Return the folder of initdb and postgres of a major version, None where it is not installed."""
    if major == 15:
        return _DEBIAN if (_DEBIAN / "initdb").is_file() else None
    folder = find_binaries().folder.parent.parent / {16: "pginstall", 18: "pginstall18"}[major] / "bin"
    return folder if (folder / "initdb").is_file() else None


@dataclass(frozen=True)
class SiteDatabase:
    """A database with an owner, as a site would hand it over."""

    server: "TestServer"
    name: str
    owner: str
    password: Secret

    def url(self, role: str | None = None, *, host: str = "localhost", **options: str) -> str:
        """Return the address for a role, by default the owner's, verified against the test's authority."""
        query = urlencode({"sslrootcert": str(self.server.authority), **options})
        return f"postgresql://{role or self.owner}@{host}:{self.server.port}/{self.name}?{query}"

    def plain_url(self, **options: str) -> str:
        """Return the owner's address at the port without TLS."""
        query = f"?{urlencode(options)}" if options else ""
        return f"postgresql://{self.owner}@localhost:{self.server.plain_port}/{self.name}{query}"

    def address(self, role: str | None = None) -> ExternalAddress:
        """Return the same, read."""
        return ExternalAddress.parse(self.url(role))

    def connect(self) -> psycopg.Connection:
        """Connect as the superuser."""
        return self.server.connect(self.name)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as the superuser."""
        with self.connect() as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@dataclass
class TestServer:
    """A server that runs; `authority` signed its certificate, `stranger` is another authority's."""

    __test__ = False
    folder: Path
    bin: Path
    account: ServerAccount
    plain_port: int
    authority: Path
    stranger: Path
    password: Secret
    settings: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _front: TlsFront | None = None

    @property
    def port(self) -> int:
        """The port with TLS; `plain_port` has none."""
        return self.plain_port if self._front is None else self._front.port

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        own_tls = self.bin == _DEBIAN
        arguments = [f"{self.bin / 'postgres'}", "-D", str(self.folder / "data"), "-p", str(self.plain_port)]
        settings = {
            "listen_addresses": "localhost",
            "unix_socket_directories": str(self.folder),
            "ssl": "on" if own_tls else "off",
            "ssl_cert_file": str(self.folder / "server.pem"),
            "ssl_key_file": str(self.folder / "server.key"),
            "shared_buffers": "32MB",
            **self.settings,
        }
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = self.account.start(arguments, folder=self.folder, error_output=log.fileno())
        self._wait()
        if not own_tls and self._front is None:
            socket_file = self.folder / f".s.PGSQL.{self.plain_port}"
            self._front = TlsFront(socket_file, self.folder / "server.pem", self.folder / "server.key")

    def stop(self) -> None:
        """Stop it at once."""
        if self._process is not None:
            self._process.send_signal(2)
            self._process.communicate(timeout=_PATIENCE)
            self._process = None

    def close_front(self) -> None:
        """Let nobody in by TLS any more."""
        if self._front is not None:
            self._front.close()

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Connect as the superuser, over the socket."""
        return psycopg.connect(
            host=str(self.folder), port=self.plain_port, dbname=database, user=SUPERUSER,
            password=self.password.reveal_text(), autocommit=True,
        )  # fmt: skip

    def new_database(self, *, may_create_roles: bool = True, encoding: str = "UTF8") -> SiteDatabase:
        """Make a role and a database of its own."""
        name = f"site_{secrets.token_hex(4)}"
        password = Secret(secrets.token_urlsafe(16))
        right = sql.SQL("CREATEROLE" if may_create_roles else "NOCREATEROLE")
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                    sql.Identifier(name), right, sql.Literal(password.reveal_text())
                )
            )
            connection.execute(
                sql.SQL("CREATE DATABASE {0} OWNER {0} ENCODING {1} TEMPLATE template0 LOCALE 'C'").format(
                    sql.Identifier(name), sql.Literal(encoding)
                )
            )
        return SiteDatabase(self, name, name, password)

    def new_role(self, name: str, more: str = "") -> Secret:
        """Make a role that may sign in."""
        password = Secret(secrets.token_urlsafe(16))
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN " + more + " PASSWORD {}").format(
                    sql.Identifier(name), sql.Literal(password.reveal_text())
                )
            )
        return password

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return


@contextmanager
def external_server(major: int = 18, **settings: str) -> Iterator[TestServer]:
    """Make a server, start it, and remove all of it afterwards."""
    found = programs(major)
    assert found is not None, f"PostgreSQL {major} is not installed"
    account = server_account()
    folder = Path(tempfile.mkdtemp(prefix="cz-site-"))
    try:
        folder.chmod(0o755)
        server = TestServer(
            folder, _reachable(found, folder), account, _free_port(), folder / "ca.pem", folder / "stranger.pem",
            Secret(secrets.token_urlsafe(16)), settings,
        )  # fmt: skip
        _make_certificates(folder, account)
        _initdb(server)
        server.start()
        try:
            yield server
        finally:
            server.stop()
            server.close_front()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initdb(server: TestServer) -> None:
    data, password_file = server.folder / "data", server.folder / "password"
    data.mkdir(mode=0o700)
    password_file.write_bytes(server.password.reveal())
    for path in (data, password_file, server.folder):
        server.account.own(path)
    process = server.account.start(
        [
            *(str(server.bin / "initdb"), "-D", str(data), f"--username={SUPERUSER}", "--auth=scram-sha-256"),
            *(f"--pwfile={password_file}", "--no-sync", "--encoding=UTF8", "--locale=C"),
        ],
        folder=server.folder,
        error_output=subprocess.STDOUT,
    )
    output, _ = process.communicate()
    assert process.returncode == 0, output.decode()
    password_file.unlink()


def _reachable(found: Path, folder: Path) -> Path:
    """Return programs that the server's account can reach: a copy where the tests run as root."""
    if not is_root() or found == _DEBIAN:
        return found
    package = found.parent.parent
    copy = folder / "programs" / package.name
    shutil.copytree(found.parent, copy / found.parent.name, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy.with_name(libraries.name))
    return copy / found.parent.name / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_certificates(folder: Path, account: ServerAccount) -> None:
    """Make an authority, a certificate of it for localhost, and an authority that signed nothing."""
    authority_key, authority = _authority("Test authority")
    _, stranger = _authority("Another authority")
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    (folder / "stranger.pem").write_bytes(stranger.public_bytes(serialization.Encoding.PEM))
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.DNSName("ip6-localhost")]
    certificate = (
        _builder("localhost", authority.subject)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    for name in ("server.pem", "server.key"):
        (folder / name).chmod(0o600)
        account.own(folder / name)


def _authority(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(name, subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _builder(name: str, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
    )
