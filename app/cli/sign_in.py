"""How the command line signs in: the second factor from an option or a prompt, the provider in the system's browser."""

import getpass
import os
import sys
from typing import TYPE_CHECKING

from app.settings import Settings
from core.access.factors import FactorAnswer, FactorChallenge, FactorKind
from core.access.provider import ProviderIdentity
from core.errors import InvalidInput, NoVaultHere, SecondFactorNeeded

if TYPE_CHECKING:
    from core.access.security_key_device import SecurityKeyDevice


class CliSecondFactor:
    """Answers the second factor's question: `--totp`, a prompt on a terminal, or the key that is plugged in."""

    def __init__(self, settings: Settings) -> None:
        self._code = settings.totp
        self._may_ask = sys.stdin.isatty() and not settings.json

    def __call__(self, challenge: FactorChallenge) -> FactorAnswer:
        """Return the answer. Raises SecondFactorNeeded where there is none and nobody can be asked."""
        if self._code is not None:
            return FactorAnswer(code=self._code)
        if challenge.request is not None and FactorKind.TOTP not in challenge.kinds:
            return self._touched(challenge)
        if self._may_ask:
            hint = " (empty: your security key)" if challenge.request is not None else ""
            code = getpass.getpass(f"Code from your authenticator{hint}: ").strip()
            return self._touched(challenge) if not code and challenge.request is not None else FactorAnswer(code=code)
        raise SecondFactorNeeded(
            "This operator signs in with a second factor.", remedy="Use --totp or set CITIZEN_ZERO_TOTP."
        )

    @staticmethod
    def _touched(challenge: FactorChallenge) -> FactorAnswer:
        return FactorAnswer(assertion=security_key().sign(challenge.request or {}))


def security_key() -> "SecurityKeyDevice":
    """Return the security key that is plugged in, asked by words on standard error."""
    from core.access.security_key_device import SecurityKeyDevice  # noqa: PLC0415 (only where one is in use)

    ask_pin = (lambda: getpass.getpass("PIN of the security key: ")) if sys.stdin.isatty() else None
    return SecurityKeyDevice(say=say, ask_pin=ask_pin)


def provider_identity(settings: Settings) -> ProviderIdentity | None:
    """Return who signs in at the identity provider; None where it is neither asked for nor required."""
    try:
        config = settings.home_folder.config()
    except NoVaultHere:
        return None  # said by whoever opens the vault
    if config.oidc is None and not settings.oidc:
        return None
    from app.bootstrap import identity_provider  # noqa: PLC0415 (SQLAlchemy)

    provider = identity_provider(config)
    if provider is None:
        raise InvalidInput(
            "This home names no identity provider.", field="oidc", remedy="Write [oidc] into its config.toml."
        )
    return provider.identify(open_in_browser) if settings.oidc or provider.config.required else None


def open_in_browser(address: str) -> None:
    """Print an address, and show it in the system's browser where there is one."""
    say(f"Sign in at the identity provider: {address}")
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER"):
        import webbrowser  # noqa: PLC0415 (only here)

        webbrowser.open(address)


def say(words: str) -> None:
    """Tell whoever sits at the terminal; standard output belongs to the result."""
    print(words, file=sys.stderr, flush=True)  # noqa: T201
