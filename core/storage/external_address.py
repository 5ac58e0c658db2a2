"""The address of an external PostgreSQL server: read from a URL, and what its TLS settings are worth.

Over TCP, to this machine too, the server's certificate is verified against its host name (`verify-full`)
unless the URL says otherwise; then `weakness` says so, for as long as it stays. No password stands in an
address. This module opens no connection.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from core.errors import InvalidInput

DEFAULT_PORT = 5432
VERIFIED = "verify-full"
_FORM = "postgresql://ROLE@HOST:PORT/DATABASE"
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
_OPTIONS = ("sslmode", *_FILES, "require_auth")
_UNCHECKED = "The database's certificate is not checked: another machine could stand in for it."
_IN_CLEAR = (
    "The connection to the database is not encrypted: whoever sees the network sees who is asked for and can change "
    "what is answered. Personal data and keys stay encrypted."
)
_WEAKNESSES = {
    "verify-ca": "The database's certificate is checked, but not that it belongs to this host.",
    "require": _UNCHECKED,
    "prefer": f"{_UNCHECKED} The connection may also be unencrypted.",
    "allow": f"{_UNCHECKED} The connection may also be unencrypted.",
    "disable": _IN_CLEAR,
}


@dataclass(frozen=True)
class ExternalAddress:
    """Where a server is and which role signs in. `host` is a name, an address or, with a slash, a socket's folder."""

    host: str
    port: int
    database: str
    role: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, url: str) -> "ExternalAddress":
        """Read a URL as libpq writes it. Raises InvalidInput, and repeats nothing of a URL with a password."""
        try:
            parts = urlsplit(url)
            port, password = parts.port, parts.password
            options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        except ValueError:
            raise _refused(f"It is no address of one server. It reads {_FORM}.") from None
        if password is not None or "password" in options:
            raise _refused("No password may stand in it: set DB_PASSWORD or DB_PASSWORD_FILE instead.")
        host = options.pop("host", "") or unquote(parts.hostname or "")
        place = options.pop("port", "")
        port = int(place) if place.isascii() and place.isdigit() and port is None else port
        database = unquote(parts.path.removeprefix("/"))
        if parts.scheme not in {"postgresql", "postgres"} or not parts.username or not database or "/" in database:
            raise _refused(f"It names no role or no database. It reads {_FORM}.")
        if not host or "," in host:
            raise _refused("It must name one host, or the folder of a socket as ?host=/folder.")
        return cls(host, port or DEFAULT_PORT, database, unquote(parts.username), _checked(options))

    @property
    def is_local(self) -> bool:
        """Tell whether it is a socket on this machine, which no network reaches."""
        return self.host.startswith("/")

    @property
    def tls(self) -> str:
        """Return libpq's sslmode, or `local` for a socket."""
        return "local" if self.is_local else dict(self.options).get("sslmode", VERIFIED)

    @property
    def weakness(self) -> str | None:
        """Say what the connection does not guard against; None where it is verified or local."""
        words = _WEAKNESSES.get(self.tls)
        return None if words is None else f"{words} (sslmode={self.tls})"

    def parameters(self, role: str | None = None) -> dict[str, str]:
        """Return libpq's keywords, all but the password."""
        given = dict(self.options)
        tcp = {} if self.is_local else {"sslmode": self.tls}
        if not self.is_local and "sslcert" not in given:
            tcp["require_auth"] = "scram-sha-256"  # never the password itself, whatever the server asks for
        place = {"host": self.host, "port": str(self.port), "dbname": self.database, "user": role or self.role}
        return {**place, **tcp, **given, "gssencmode": "disable", "application_name": "citizen-zero"}

    def as_role(self, role: str) -> "ExternalAddress":
        """Return the same place for another role."""
        return replace(self, role=role)

    def url(self) -> str:
        """Return the address as a URL, for the home's `config.toml`."""
        host, options = self.host, dict(self.options)
        if self.is_local:
            options, host = {"host": host, **options}, ""
        elif ":" in host:
            host = f"[{host}]"
        query = f"?{urlencode(options, quote_via=quote)}" if options else ""
        return f"postgresql://{quote(self.role, safe='')}@{host}:{self.port}/{quote(self.database, safe='')}{query}"

    def __str__(self) -> str:
        return f"{self.database} on {self.host}:{self.port}"


def _checked(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise _refused(f"It may carry {', '.join(_OPTIONS)} and host only, not {', '.join(unknown)}.")
    if options.get("sslmode", VERIFIED) not in {VERIFIED, *_WEAKNESSES}:
        raise _refused(f"sslmode is one of {', '.join((VERIFIED, *_WEAKNESSES))}.")
    # The address outlives the folder that the person stands in.
    kept = {name: str(Path(value).absolute()) if _is_path(name, value) else value for name, value in options.items()}
    return tuple(sorted(kept.items()))


def _is_path(name: str, value: str) -> bool:
    return name in _FILES and value != "system"  # libpq's word for the system's own authorities


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"The database URL cannot be used. {why}", field="database_url")
