"""Identity providers to sign in at: two real ones, and one that a test makes lie. And a browser without a window."""

import base64
import contextlib
import hmac
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

CLIENT = "citizen-zero-console"
NODE_PACKAGE = "oidc-provider@9.13.3"


@dataclass(frozen=True)
class Account:
    """A person as the provider knows them."""

    name: str
    groups: Sequence[str]


# --- a browser -----------------------------------------------------------------------------------------


class _Forms(HTMLParser):
    """The first form of a page: where it goes, and what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._done = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._done:
            return
        if tag == "form":
            self.action = values.get("action") or ""
        elif tag == "input" and self.action is not None and values.get("name"):
            self.fields[str(values["name"])] = values.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._done = self._done or tag == "form"


@dataclass
class Browser:
    """Signs in as somebody wherever a form asks. `on_the_way` may change the address that leads back."""

    person: str
    deny: bool = False
    on_the_way: Callable[[str], str] = lambda address: address
    seen: list[str] = field(default_factory=list)

    def __call__(self, address: str) -> None:
        """Open an address, in a thread of its own as a browser does."""
        self.seen.append(address)
        threading.Thread(target=self._go, args=(address,), daemon=True).start()

    def _go(self, address: str) -> None:
        with httpx.Client(timeout=10) as http:
            response = http.get(address)
            for _ in range(12):
                if response.is_redirect:
                    address = urljoin(address, response.headers["location"])
                    if urlsplit(address).path == "/callback":
                        with contextlib.suppress(httpx.HTTPError):
                            http.get(self.on_the_way(address))
                        return
                    response = http.get(address)
                    continue
                forms = _Forms()
                forms.feed(response.text)
                if forms.action is None:
                    return
                typed = {"sub": self.person, "login": self.person, "password": "any"}
                values = forms.fields | {name: value for name, value in typed.items() if name in forms.fields}
                if self.deny:
                    values = {"action": "deny"}
                address = urljoin(address, forms.action) if forms.action else address
                response = http.post(address, data=values)


# --- PyPI oidc-provider-mock -----------------------------------------------------------------------------


@contextmanager
def mock_provider(accounts: Sequence[Account]) -> Iterator[str]:
    """Run PyPI's `oidc-provider-mock`; gives its issuer."""
    from oidc_provider_mock import User, run_server_in_thread

    users = [
        User(sub=item.name, claims={"preferred_username": item.name, "groups": list(item.groups)}) for item in accounts
    ]
    with run_server_in_thread(user_claims=users, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


# --- npm oidc-provider -------------------------------------------------------------------------------------

_NODE_SERVER = """
import {{ Provider }} from 'oidc-provider';
import http from 'node:http';
const accounts = {accounts};
const server = http.createServer();
server.listen(0, '127.0.0.1', () => {{
  const issuer = `http://127.0.0.1:${{server.address().port}}`;
  const provider = new Provider(issuer, {{
    clients: [{{ client_id: '{client}', token_endpoint_auth_method: 'none', application_type: 'native',
                 redirect_uris: ['http://127.0.0.1/callback'] }}],
    pkce: {{ required: () => true }},
    claims: {{ openid: ['sub'], profile: ['preferred_username', 'groups'] }},
    findAccount: (_, id) => ({{ accountId: id, claims: () => ({{ sub: id, ...accounts[id] }}) }}),
  }});
  server.on('request', provider.callback());
  console.log(issuer);
}});
"""


@contextmanager
def node_provider(folder: Path, accounts: Sequence[Account]) -> Iterator[str]:
    """Run npm's `oidc-provider`; gives its issuer. Skips where there is no Node.js or no package to be had."""
    modules = _node_modules()
    server = folder / "provider.mjs"
    known = {item.name: {"preferred_username": item.name, "groups": list(item.groups)} for item in accounts}
    server.write_text(_NODE_SERVER.format(accounts=json.dumps(known), client=CLIENT))
    (folder / "node_modules").symlink_to(modules)
    process = subprocess.Popen(
        ["node", str(server)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
    )  # fmt: skip
    try:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://"), "the provider did not start"
        yield issuer
    finally:
        process.kill()
        process.wait()


def _node_modules() -> Path:
    """Return the folder of the installed package, in the tester's cache and not in the project."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no Node.js here")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "citizen-zero-tests"
    folder = cache / NODE_PACKAGE.replace("@", "-")
    if not (folder / "node_modules" / "oidc-provider").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder), NODE_PACKAGE]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder, timeout=180)
        if done.returncode:
            pytest.skip(f"npm could not install {NODE_PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "node_modules"


# --- one that lies -------------------------------------------------------------------------------------------

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS: Mapping[str, Any] = {
    "RS256": RSA,
    "PS256": RSA,
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}


@dataclass
class LyingProvider:
    """Answers by the standard, except where a test changes a part: `claims(claims)`, `sign(claims)`, `discovery`."""

    issuer: str = ""
    claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    sign: Callable[[dict[str, Any]], str] = lambda claims: jwt.encode({"alg": "RS256", "kid": "rsa"}, claims, RSA)
    discovery: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    keys: Sequence[Mapping[str, Any]] = ()
    nonce: str = ""

    def reply(self, path: str, parameters: Mapping[str, str]) -> tuple[int, bytes, str]:
        """Return status, body and where to go."""
        if path in self.answers:
            return (*self.answers[path], "")
        if path == "/authorize":
            self.nonce = parameters.get("nonce", "")
            back = f"{parameters['redirect_uri']}?code=c0de&state={parameters['state']}"
            return 302, b"", back
        document: Mapping[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "code_challenge_methods_supported": ["S256"],
                **self.discovery,
            },
            "/keys": {"keys": [*self.keys] or [key.as_dict(private=False) for key in KEYS.values()]},
            "/userinfo": {"sub": "s1", **self.userinfo},
        }.get(path, {})
        if path == "/token":
            now = int(time.time())
            claims = {
                "iss": self.issuer, "aud": CLIENT, "sub": "s1", "iat": now, "exp": now + 300, "nonce": self.nonce,
                "preferred_username": "asha", "groups": ["admins"],
            }  # fmt: skip
            document = {"access_token": "access", "token_type": "Bearer", "id_token": self.sign(self.claims(claims))}
        return 200, json.dumps(document).encode(), ""


@contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """Run it."""
    provider = LyingProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            parts = urlsplit(self.path)
            status, answer, back = provider.reply(parts.path, dict(parse_qsl(parts.query or body)))
            self.send_response(status)
            if back:
                self.send_header("Location", back)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 (the base class's name)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def hmac_signed(claims: dict[str, Any]) -> str:
    """Sign with the public key as if it were a shared secret: what a careless check takes for RS256."""
    head, body = (_part(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "rsa"}, claims))
    return f"{head}.{body}.{_part(hmac.digest(RSA.as_pem(private=False), f'{head}.{body}'.encode(), 'sha256'))}"


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
