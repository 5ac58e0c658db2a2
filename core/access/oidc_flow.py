"""Signs in at the identity provider: discovery, the system's browser, code for token, claims. All waiting has an end.

What is believed of the answers stands in `oidc.py`. No answer is kept; no redirect is followed.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core.access.oidc import (
    Endpoints,
    OidcConfig,
    Question,
    identity_of,
    read_discovery,
    read_id_token,
)
from core.access.oidc_loopback import Loopback
from core.access.provider import ProviderIdentity
from core.errors import ProviderRefused, ProviderUnavailable
from hsm.secret import Secret

if TYPE_CHECKING:
    from httpx import Client

REQUEST_SECONDS = 10.0
BROWSER_SECONDS = 300.0
LONGEST_SECONDS = 30.0  # for one answer, however slowly it drips in
_LARGEST_ANSWER = 1_000_000


class IdentityProvider:
    """One provider. `client_secret` is None for a public client, as a program on a desktop is."""

    def __init__(
        self,
        config: OidcConfig,
        *,
        client_secret: Callable[[], Secret | None] = lambda: None,
        clock: Callable[[], float] = time.time,
        browser_seconds: float = BROWSER_SECONDS,
    ) -> None:
        self.config = config
        self._client_secret = client_secret
        self._clock = clock
        self._browser_seconds = browser_seconds

    def identify(self, open_browser: Callable[[str], None], cancel: threading.Event | None = None) -> ProviderIdentity:
        """Return who signs in at the provider. `open_browser` shows an address to the person.

        Raises ProviderRefused, ProviderUnavailable.
        """
        with self._http() as http:
            endpoints = read_discovery(
                _document(http, "GET", self.config.issuer.rstrip("/") + "/.well-known/openid-configuration"),
                self.config,
            )
            with Loopback(cancel) as loopback:
                question = Question.new(loopback.redirect_uri)
                open_browser(question.url(self.config, endpoints))
                answer = loopback.wait(self._browser_seconds)
            code = question.code(answer, self.config, endpoints)
            return identity_of(self._claims(http, endpoints, question, code), self.config)

    def _claims(self, http: "Client", endpoints: Endpoints, question: Question, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": question.redirect_uri,
            "client_id": self.config.client_id,
            "code_verifier": question.verifier,
        }
        secret, request = self._client_secret(), {}
        if secret is not None and endpoints.secret_in_form:
            form["client_secret"] = secret.reveal_text()
        elif secret is not None:  # RFC 6749, 2.3.1
            request["auth"] = (quote(self.config.client_id, safe=""), quote(secret.reveal_text(), safe=""))
        tokens = _document(http, "POST", endpoints.token, data=form, **request)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise ProviderRefused("The identity provider gave no token for its code.")
        keys = _document(http, "GET", endpoints.keys)
        claims = read_id_token(id_token, keys, self.config, question, access_token, self._clock())
        missing = {self.config.operator_claim, self.config.role_claim} - set(claims)
        if missing and endpoints.userinfo is not None:
            more = _document(http, "GET", endpoints.userinfo, headers={"Authorization": f"Bearer {access_token}"})
            if more.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0, 5.3.2
                raise ProviderRefused("The identity provider speaks of somebody else.")
            claims = {**more, **claims}
        return claims

    def _http(self) -> "Client":
        import httpx  # noqa: PLC0415 (only where a provider is in use)

        return httpx.Client(timeout=REQUEST_SECONDS, follow_redirects=False)


def _document(http: "Client", method: str, url: str, **request: Any) -> Mapping[str, Any]:
    """Return a JSON object. Raises ProviderUnavailable when none comes, ProviderRefused for another answer."""
    import httpx  # noqa: PLC0415 (as above)

    until = time.monotonic() + LONGEST_SECONDS
    try:
        with http.stream(method, url, **request) as response:
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if time.monotonic() > until:
                    raise ProviderUnavailable("The identity provider answers too slowly.")
                if len(body) > _LARGEST_ANSWER:
                    raise ProviderRefused("The identity provider's answer is too large.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderUnavailable("The identity provider does not answer.") from error
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise ProviderUnavailable("The identity provider answers with a fault of its own.")
    if response.status_code != httpx.codes.OK:
        raise ProviderRefused("The identity provider refuses what the console asks for.")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ProviderRefused("The identity provider's answer is not what the standard says.")
    return document
