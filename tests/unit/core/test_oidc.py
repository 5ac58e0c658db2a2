"""What of an identity provider's answer is believed. Each lie is told by a provider that is real but for the lie."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from core.access.model import PERMISSIONS, Role
from core.access.oidc import OidcConfig, Question, identity_of, read_config, read_discovery
from core.access.oidc_flow import IdentityProvider
from core.access.oidc_loopback import Loopback
from core.access.provider import bounded_role
from core.errors import CitizenZeroError, InvalidInput, ProviderRefused, ProviderUnavailable
from tests.support.providers import CLIENT, KEYS, Browser, LyingProvider, hmac_signed, lying_provider

Claims = dict[str, Any]


@pytest.fixture
def provider() -> Iterator[LyingProvider]:
    """Give a provider that does not lie yet."""
    with lying_provider() as it:
        yield it


def config(provider: LyingProvider, **changes: Any) -> OidcConfig:
    return OidcConfig(provider.issuer, CLIENT, **{"roles": {"admins": Role.SUPER_ADMIN}, **changes})


def identify(provider: LyingProvider, browser: Browser | None = None, **changes: Any) -> str:
    console = IdentityProvider(config(provider, **changes), browser_seconds=3)
    return console.identify(browser or Browser("asha")).operator


def refused(provider: LyingProvider, browser: Browser | None = None) -> str:
    with pytest.raises(ProviderRefused) as caught:
        identify(provider, browser)
    assert caught.value.exit_code == 4
    return caught.value.message


def test_without_a_lie_the_provider_is_believed(provider: LyingProvider) -> None:
    assert identify(provider) == "asha"


@pytest.mark.parametrize("algorithm", KEYS)
def test_signatures_by_published_keys_are_taken(provider: LyingProvider, algorithm: str) -> None:
    key = KEYS[algorithm]
    provider.sign = lambda claims: jwt.encode(
        {"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm]
    )  # fmt: skip
    assert identify(provider) == "asha"


def _changed(**changes: Any) -> Callable[[Claims], Claims]:
    return lambda claims: {name: value for name, value in {**claims, **changes}.items() if value is not ...}


NOW = int(time.time())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nonce": "another"}, "another question"),
        ({"nonce": ...}, "another question"),
        ({"nonce": 7}, "another question"),
        ({"aud": "another-program"}, "another program"),
        ({"aud": ["another-program"]}, "another program"),
        ({"aud": []}, "another program"),
        ({"aud": ...}, "another program"),
        ({"aud": {CLIENT: 1}}, "another program"),
        ({"aud": [CLIENT, "another-program"]}, "several programs"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "given to another program"),
        ({"azp": "another"}, "given to another program"),
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"iss": ...}, "another issuer"),
        ({"exp": NOW - 3600}, "expired"),
        ({"exp": ...}, "expired"),
        ({"exp": "tomorrow"}, "expired"),
        ({"exp": float("nan")}, ""),
        ({"exp": True}, "expired"),
        ({"iat": NOW + 3600}, "future"),
        ({"iat": ...}, "future"),
        ({"iat": NOW - 3600}, "too old"),
        ({"nbf": NOW + 3600}, "not valid yet"),
        ({"sub": ""}, "names nobody"),
        ({"sub": ...}, "names nobody"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "another answer"),
        ({"at_hash": 7}, "another answer"),
        ({"preferred_username": 7}, "which operator"),
        ({"groups": ["somebody else's"]}, "no role"),
        ({"groups": {"admins": 1}}, "no role"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(provider: LyingProvider, changes: Claims, words: str) -> None:
    provider.claims = _changed(**changes)
    assert words in refused(provider)


def test_a_fitting_at_hash_and_several_audiences_with_azp_are_taken(provider: LyingProvider) -> None:
    half = hashlib.sha256(b"access").digest()[:16]
    at_hash = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    provider.claims = _changed(aud=[CLIENT, "another"], azp=CLIENT, at_hash=at_hash)
    assert identify(provider) == "asha"


def _unsigned(claims: Claims) -> str:
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none", "typ": "JWT"}, claims)
    )
    return f"{head}.{body}."


_STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})


def _broken(claims: Claims) -> str:
    head, body, signature = jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, KEYS["RS256"]).split(".")
    return f"{head}.{body}.{signature[:-6]}AAAAAA"


@pytest.mark.parametrize(
    "sign",
    [
        _unsigned,
        hmac_signed,
        _broken,
        lambda claims: jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, _STRANGER),
        lambda claims: jwt.encode({"alg": "RS256", "kid": "unknown"}, claims, _STRANGER),
        lambda _: "",
        lambda _: "a.b.c",
        lambda _: "…" * 3,
        lambda _: "." * 100_000,
        json.dumps,
    ],
    ids=[
        "none",
        "hmac-with-public-key",
        "broken",
        "stranger",
        "unknown-kid",
        "empty",
        "abc",
        "letters",
        "dots",
        "json",
    ],
)
def test_a_token_that_is_not_signed_by_a_published_key_is_refused(
    provider: LyingProvider, sign: Callable[[Claims], str]
) -> None:
    provider.sign = sign
    assert "signed" in refused(provider)


def test_a_shared_secret_among_the_published_keys_signs_nothing(provider: LyingProvider) -> None:
    provider.keys = [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "rsa"}]
    assert "signed" in refused(provider)


def test_a_key_for_encryption_signs_nothing(provider: LyingProvider) -> None:
    provider.keys = [{**KEYS["RS256"].as_dict(private=False), "use": "enc"}]
    assert "signed" in refused(provider)


def _with(name: str, value: str) -> Callable[[str], str]:
    def change(address: str) -> str:
        url = httpx.URL(address)
        return str(url.copy_set_param(name, value)) if value else str(url.copy_remove_param(name))

    return change


@pytest.mark.parametrize(
    ("on_the_way", "words"),
    [
        (_with("state", "another"), "did not ask for"),
        (_with("state", ""), "did not ask for"),
        (_with("iss", "https://evil.example"), "another identity provider"),
        (_with("code", ""), "with an error"),
        (_with("error", "access_denied"), "did not let you in"),
        (_with("error", "server_error"), "with an error"),
    ],
)
def test_an_answer_changed_on_the_way_back_is_refused(
    provider: LyingProvider, on_the_way: Callable[[str], str], words: str
) -> None:
    assert words in refused(provider, Browser("asha", on_the_way=on_the_way))


def test_a_provider_that_promises_its_issuer_must_give_it(provider: LyingProvider) -> None:
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    assert "another identity provider" in refused(provider)
    assert identify(provider, Browser("asha", on_the_way=_with("iss", provider.issuer))) == "asha"


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"code_challenge_methods_supported": ["plain"]},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"userinfo_endpoint": "http://10.0.0.1/"},
        {"token_endpoint": "https://user:password@idp.example/token"},
    ],
)
def test_a_description_that_leads_elsewhere_is_refused_before_the_browser_opens(
    provider: LyingProvider, discovery: Claims
) -> None:
    provider.discovery = discovery
    browser = Browser("asha")
    refused(provider, browser)
    assert browser.seen == []


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize(
    "answer",
    [(200, b"{"), (200, b"[]"), (404, b"{}"), (302, b""), (500, b"{}"), (200, b" " * 1_100_000), (200, b"[" * 99_999)],
    ids=["half", "list", "not-found", "redirect", "fault", "huge", "deep"],
)
def test_any_other_answer_is_refused_in_words(provider: LyingProvider, path: str, answer: tuple[int, bytes]) -> None:
    provider.answers = {path: answer}
    with pytest.raises((ProviderRefused, ProviderUnavailable)):
        identify(provider)


def test_claims_may_come_from_userinfo_but_only_about_the_same_person(provider: LyingProvider) -> None:
    provider.claims = _changed(preferred_username=..., groups=...)
    provider.userinfo = {"preferred_username": "asha", "groups": "admins"}
    assert identify(provider) == "asha"
    provider.userinfo["sub"] = "s2"
    assert "somebody else" in refused(provider)


def test_userinfo_changes_nothing_that_was_signed(provider: LyingProvider) -> None:
    provider.claims = _changed(groups=...)
    provider.userinfo = {"preferred_username": "ravi", "groups": ["admins"]}
    assert identify(provider) == "asha"


def test_a_provider_that_is_not_there_is_said(provider: LyingProvider) -> None:
    gone = OidcConfig("http://127.0.0.1:9", CLIENT)
    with pytest.raises(ProviderUnavailable, match="does not answer"):
        IdentityProvider(gone).identify(Browser("asha"))


def test_nobody_in_the_browser_ends_the_waiting_and_so_does_the_person(provider: LyingProvider) -> None:
    console = IdentityProvider(config(provider), browser_seconds=0.3)
    with pytest.raises(ProviderUnavailable, match="in time"):
        console.identify(lambda _: None)
    cancel = threading.Event()
    console = IdentityProvider(config(provider), browser_seconds=60)
    since = time.monotonic()
    with pytest.raises(ProviderUnavailable, match="stopped"):
        console.identify(lambda _: cancel.set(), cancel)
    assert time.monotonic() - since < 3


def test_the_question_has_pkce_and_is_new_each_time(provider: LyingProvider) -> None:
    browser = Browser("asha")
    identify(provider, browser)
    identify(provider, browser)
    first, second = (parse_qs(urlsplit(address).query) for address in browser.seen)
    assert first["code_challenge_method"] == ["S256"]
    assert first["response_type"] == ["code"]
    assert first["scope"] == ["openid profile"]
    assert urlsplit(first["redirect_uri"][0]).hostname == "127.0.0.1"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 43
        assert first[name] != second[name]


def test_the_loopback_takes_one_answer_at_one_place_and_echoes_nothing() -> None:
    with Loopback() as loopback:
        base = loopback.redirect_uri.removesuffix("/callback")
        assert httpx.get(f"{base}/favicon.ico").status_code == 404
        assert httpx.get(f"{base}/callback?{'x' * 9_000}").status_code == 404
        page = httpx.get(f"{base}/callback?code=<script>&state=s")
        assert page.status_code == 200
        assert "script" not in page.text
        assert httpx.get(f"{base}/callback?code=second&state=s").status_code == 404
        assert loopback.wait(1) == {"code": "<script>", "state": "s"}


# --- configuration and roles -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"issuer": "https://id.example"},
        {"issuer": "http://id.example", "client_id": "c"},
        {"issuer": "ftp://id.example", "client_id": "c"},
        {"issuer": 7, "client_id": "c"},
        {"issuer": "https://id.example", "client_id": ""},
        {"issuer": "https://id.example", "client_id": "c", "client_secret": "s"},
        {"issuer": "https://id.example", "client_id": "c", "roles": {"a": "king"}},
        {"issuer": "https://id.example", "client_id": "c", "roles": "a"},
        {"issuer": "https://id.example", "client_id": "c", "scopes": "openid"},
        {"issuer": "https://id.example", "client_id": "c", "required": "yes"},
    ],
)
def test_a_configuration_that_cannot_be_is_said(values: Claims) -> None:
    with pytest.raises(InvalidInput):
        read_config(values)


def test_a_configuration_is_read_and_always_asks_for_openid() -> None:
    read = read_config(
        {"issuer": "https://id.example", "client_id": "c", "scopes": ["profile"], "roles": {"a": "auditor"}}
    )  # fmt: skip
    assert read.scopes == ("openid", "profile")
    assert read.roles == {"a": Role.AUDITOR}
    assert not read.required


@pytest.mark.parametrize("stored", Role)
@pytest.mark.parametrize("allowed", Role)
def test_the_provider_bounds_a_role_and_never_widens_it(stored: Role, allowed: Role) -> None:
    role = bounded_role(stored, frozenset({allowed}))
    if role is not None:
        assert PERMISSIONS[role] <= PERMISSIONS[stored]
        assert role is stored or role is allowed
        assert allowed in (role, Role.SUPER_ADMIN)


def test_roles_that_have_nothing_in_common_let_nobody_in() -> None:
    assert bounded_role(Role.REGISTRAR, frozenset({Role.AUDITOR})) is None
    assert bounded_role(Role.SUPER_ADMIN, frozenset({Role.AUDITOR})) is Role.AUDITOR
    assert bounded_role(Role.AUDITOR, frozenset({Role.SUPER_ADMIN})) is Role.AUDITOR
    assert bounded_role(Role.AUDITOR, frozenset()) is None


def test_discovery_and_claims_are_checked_without_a_network() -> None:
    with pytest.raises(ProviderRefused):
        read_discovery({}, OidcConfig("https://id.example", CLIENT))
    with pytest.raises(ProviderRefused):
        identity_of({"preferred_username": "asha"}, OidcConfig("https://id.example", CLIENT))
    assert Question.new("http://127.0.0.1:1/callback").state
    assert issubclass(ProviderRefused, CitizenZeroError)
