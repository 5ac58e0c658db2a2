"""OpenID Connect: what is asked of the identity provider, and what of its answer is believed. Rules, no I/O.

OpenID Connect Core 1.0 (3.1.3.7: the ID token), RFC 7636 (PKCE, S256 only), RFC 9207 (issuer in the answer), RFC
8252 (loopback). The provider says who somebody is and bounds what they may do here; it never opens the vault: the
token PIN opens with the operator's own password only.
"""

import base64
import hashlib
import hmac
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from core.access.model import Role
from core.access.provider import ProviderIdentity
from core.errors import InvalidInput, ProviderRefused

# Signatures by the provider's published keys only: no `none`, and no HMAC, whose key would be the client's secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
CLOCK_SKEW_SECONDS = 60
OLDEST_SECONDS = 600
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class OidcConfig:
    """`[oidc]` of the home's `config.toml`. No secret: a client's stands in OIDC_CLIENT_SECRET, if it has one.

    `operator_claim` names the operator; the values of `role_claim` are looked up in `roles`, and bound the role
    that the vault stores. `required` lets nobody sign in at this home without the provider.
    """

    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ("openid", "profile")
    operator_claim: str = "preferred_username"
    role_claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True)
class Endpoints:
    """What the provider's discovery document says (OpenID Connect Discovery 1.0, 3)."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    says_issuer: bool
    secret_in_form: bool = False


@dataclass(frozen=True)
class Question:
    """One authorization request: what makes its answer recognisable, used once."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str

    @classmethod
    def new(cls, redirect_uri: str) -> "Question":
        """Return a question of 256 random bits each."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, redirect_uri)

    def url(self, config: OidcConfig, endpoints: Endpoints) -> str:
        """Return the address for the browser."""
        parameters = {
            "response_type": "code",
            "client_id": config.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(config.scopes),
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": _base64url(hashlib.sha256(self.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(endpoints.authorization).query else "?"
        return f"{endpoints.authorization}{joint}{urlencode(parameters)}"

    def code(self, answer: Mapping[str, str], config: OidcConfig, endpoints: Endpoints) -> str:
        """Return the code of the browser's answer. Raises ProviderRefused for another question's, or an error."""
        if not hmac.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            raise ProviderRefused("The browser came back with an answer that this console did not ask for.")
        issuer = answer.get("iss")
        if (issuer is not None or endpoints.says_issuer) and issuer != config.issuer:
            raise ProviderRefused("The answer comes from another identity provider than the configured one.")
        if answer.get("error") == "access_denied":
            raise ProviderRefused("The identity provider did not let you in, or you stopped there.")
        if "error" in answer or not answer.get("code"):
            raise ProviderRefused("The identity provider answered with an error.")
        return answer["code"]


def read_config(values: Mapping[str, Any]) -> OidcConfig:
    """Return the configuration. Raises InvalidInput, naming what is wrong in it."""
    known = {"issuer", "client_id", "scopes", "operator_claim", "role_claim", "roles", "required"}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InvalidInput(f"config.toml knows no oidc.{unknown[0]}.", field="oidc")
    if "issuer" not in values or "client_id" not in values:
        raise InvalidInput("config.toml needs oidc.issuer and oidc.client_id.", field="oidc")
    try:
        roles = {str(value): Role(role) for value, role in dict(values.get("roles", {})).items()}
    except (TypeError, ValueError):
        raise InvalidInput("oidc.roles in config.toml maps a claim's values to roles.", field="oidc") from None
    texts = {name: values[name] for name in ("issuer", "client_id", "operator_claim", "role_claim") if name in values}
    scopes, required = values.get("scopes", ["openid", "profile"]), values.get("required", False)
    if not (
        all(isinstance(item, str) and item for item in texts.values())
        and isinstance(scopes, list)
        and all(isinstance(item, str) for item in scopes)
        and isinstance(required, bool)
    ):
        raise InvalidInput("A value of oidc in config.toml is of the wrong kind.", field="oidc")
    require_safe(texts["issuer"], "oidc.issuer")
    return OidcConfig(
        **texts, scopes=("openid", *(item for item in scopes if item != "openid")), roles=roles, required=required
    )


def require_safe(url: Any, called: str) -> str:
    """Return an address that is encrypted, or on this computer itself. Raises InvalidInput."""
    parts = urlsplit(url if isinstance(url, str) else "")
    plain_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or parts.fragment or parts.username or not (parts.scheme == "https" or plain_here):
        raise InvalidInput(f"{called} is not an https address.", field="oidc")
    return str(url)


def read_discovery(document: Mapping[str, Any], config: OidcConfig) -> Endpoints:
    """Return the provider's addresses. Raises ProviderRefused for another issuer's document or one without PKCE."""
    if document.get("issuer") != config.issuer:
        raise ProviderRefused("The identity provider names another issuer than the configured one.")
    methods = document.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise ProviderRefused("The identity provider cannot do PKCE with S256.")
    try:
        authorization, token, keys = (
            require_safe(document.get(name), name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        userinfo = document.get("userinfo_endpoint")
        checked = None if userinfo is None else require_safe(userinfo, "userinfo_endpoint")
    except InvalidInput as error:
        raise ProviderRefused(f"The identity provider's own description is not usable: {error.message}") from None
    says_issuer = document.get("authorization_response_iss_parameter_supported") is True
    means = document.get("token_endpoint_auth_methods_supported")  # `client_secret_basic` where it is not given
    in_form = isinstance(means, list) and "client_secret_basic" not in means and "client_secret_post" in means
    return Endpoints(authorization, token, keys, checked, says_issuer, in_form)


def read_id_token(
    token: str, keys: Mapping[str, Any], config: OidcConfig, question: Question, access_token: str, unix_time: float
) -> dict[str, Any]:
    """Return the ID token's claims once all about it fits. Raises ProviderRefused for the first that does not."""
    from joserfc import jwt  # noqa: PLC0415 (only where a provider is in use)
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    try:
        public = {"keys": [key for key in keys.get("keys", ()) if isinstance(key, dict) and _is_for_signatures(key)]}
        decoded = jwt.decode(token, KeySet.import_key_set(public), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise ProviderRefused("The identity provider's token is not signed as it must be.") from None
    claims = decoded.claims
    for problem in _problems(claims, config, question, unix_time):
        raise ProviderRefused(f"The identity provider's token is not accepted: {problem}.")
    if "at_hash" in claims and not _fits(str(decoded.header["alg"]), access_token, claims["at_hash"]):
        raise ProviderRefused("The identity provider's token is not accepted: it belongs to another answer.")
    return dict(claims)


def identity_of(claims: Mapping[str, Any], config: OidcConfig) -> ProviderIdentity:
    """Return whom the claims name. Raises ProviderRefused where they name nobody, or give no role here."""
    name = claims.get(config.operator_claim)
    if not isinstance(name, str) or not name:
        raise ProviderRefused("The identity provider does not say which operator you are.")
    values = claims.get(config.role_claim)
    values = [values] if isinstance(values, str) else values if isinstance(values, list) else []
    roles = frozenset(config.roles[value] for value in values if isinstance(value, str) and value in config.roles)
    if not roles:
        raise ProviderRefused("The identity provider gives you no role in this vault.")
    return ProviderIdentity(name, roles)


def _problems(claims: Mapping[str, Any], config: OidcConfig, question: Question, now: float) -> list[str]:
    """Name what is wrong with the claims (OpenID Connect Core 1.0, 3.1.3.7)."""
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    expires, issued, begins = _time(claims.get("exp")), _time(claims.get("iat")), _time(claims.get("nbf", 0))
    nonce = claims.get("nonce")
    return [
        problem
        for wrong, problem in (
            (claims.get("iss") != config.issuer, "another issuer made it"),
            (config.client_id not in audiences, "it is meant for another program"),
            (len(audiences) > 1 and "azp" not in claims, "it is meant for several programs"),
            (claims.get("azp", config.client_id) != config.client_id, "it was given to another program"),
            (not isinstance(claims.get("sub"), str) or not claims["sub"], "it names nobody"),
            (expires is None or expires <= now - CLOCK_SKEW_SECONDS, "it has expired"),
            (issued is None or issued > now + CLOCK_SKEW_SECONDS, "it is from the future"),
            (issued is not None and issued < now - OLDEST_SECONDS, "it is too old"),
            (begins is None or begins > now + CLOCK_SKEW_SECONDS, "it is not valid yet"),
            (
                not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), question.nonce.encode()),
                "it answers another question",
            ),
        )
        if wrong
    ]


def _time(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None


def _is_for_signatures(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _fits(algorithm: str, access_token: str, at_hash: Any) -> bool:
    """Tell whether the ID token belongs to this access token (OpenID Connect Core 1.0, 3.1.3.6)."""
    hash_function = _HASHES.get(algorithm[-3:], hashlib.sha512)  # Ed25519 hashes with SHA-512
    digest = hash_function(access_token.encode()).digest()
    half = _base64url(digest[: len(digest) // 2])
    return isinstance(at_hash, str) and hmac.compare_digest(half.encode(), at_hash.encode(errors="replace"))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
