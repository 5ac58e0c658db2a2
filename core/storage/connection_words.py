"""Why no connection to PostgreSQL came about, in words, from what libpq says.

A failed connection carries no error code, only text; the parts looked for are libpq's own (English in the
bundled client) and the server's untranslated ones. What is not known stays "does not answer".
"""

import re
from typing import Final

from core.errors import DatabaseUnavailable

NO_ANSWER: Final = "The database does not answer."
_SEE_VARIABLE: Final = "See DB_PASSWORD, or the file that DB_PASSWORD_FILE names: it belongs to the role of the URL."
_CA: Final = "Name the authority that signed it: sslrootcert=/path/to/ca.pem in the database URL."

# What libpq says, the sentence, what to do (None: the usual).
_KNOWN: Final[tuple[tuple[str, str, str | None], ...]] = (
    (r"password authentication failed", "The database refused the password.", _SEE_VARIABLE),
    (r"no password supplied", "The database asks for a password.", _SEE_VARIABLE),
    (
        r"root certificate file .* does not exist|weak sslmode",
        "There is no certificate to check the database's against.",
        _CA,
    ),
    (
        r"certificate verify failed",
        "The database's certificate is not from the authority that was named: it may be another machine.",
        f"Do not switch the check off. {_CA}",
    ),
    (
        r"server certificate for .* does not match host name",
        "The database's certificate belongs to another host.",
        "Use the host name that the certificate carries, or give the server a certificate for this name.",
    ),
    (
        r"server does not support SSL",
        "The database server offers no TLS.",
        "Switch TLS on in the server. Only where no network lies between may the URL say sslmode=disable.",
    ),
    (
        r"authentication method requirement",
        "The database asks for the password in a way that the console does not trust.",
        "Let the server use scram-sha-256 for this role.",
    ),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "The database server does not let this machine or role in.",
        "Ask whoever runs the server to allow this role from this machine (pg_hba.conf).",
    ),
    (
        r'database ".*" does not exist',
        "The server has no database of this name.",
        "Ask whoever runs the server to make it, or correct the name.",
    ),
    (
        r'role ".*" (does not exist|is not permitted to log in)',
        "The database has no such role, or it may not sign in.",
        "Correct the role's name, or ask whoever runs the server.",
    ),
    (
        r"failed to resolve host|could not translate host name",
        "The database's host is not known on this network.",
        "Correct the host's name in the database URL.",
    ),
    (
        r"remaining connection slots|too many (clients|connections)",
        "The database takes no more connections at the moment.",
        "Close other consoles, or let the server take more connections.",
    ),
)


def connection_failure(said: str) -> DatabaseUnavailable:
    """Return the error for what libpq said when no connection came about."""
    details = {"PostgreSQL": said.strip()}
    for pattern, sentence, remedy in _KNOWN:
        if re.search(pattern, said):
            return DatabaseUnavailable(sentence, remedy=remedy, details=details)
    return DatabaseUnavailable(NO_ANSWER, details=details)
