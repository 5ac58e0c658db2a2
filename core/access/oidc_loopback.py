"""Receives the browser's answer on 127.0.0.1, at a port of the moment (RFC 8252, 7.3), for one question only."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from core.errors import ProviderUnavailable

PATH = "/callback"
_LONGEST_QUERY = 8_192
_LOOK_SECONDS = 0.1
_PAGE = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><title>Citizen Zero</title>"
    "<body style='font: 16px sans-serif; margin: 4em'><p>{sentence}</p></body></html>"
)
_DONE = "The console has the answer. Close this tab and go back to the console."


class Loopback:
    """`with Loopback() as loopback`: listens until it is left. `cancel` ends the waiting at once."""

    def __init__(self, cancel: threading.Event | None = None) -> None:
        self._cancel = cancel or threading.Event()
        self._answered = threading.Event()
        self._answer: dict[str, str] = {}
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            """Answers the browser once, with a page that says to go back to the console."""

            timeout = 10

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                first = parts.path == PATH and len(self.path) <= _LONGEST_QUERY and loopback.take(parts.query)
                self.send_response(200 if first else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(_PAGE.format(sentence=_DONE if first else "Nothing is here.").encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's signature)
                """Write nothing: the address holds the code."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_LOOK_SECONDS,), daemon=True)

    @property
    def redirect_uri(self) -> str:
        """Return the address that the browser is sent back to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def take(self, query: str) -> bool:
        """Keep the first answer; a second is not looked at."""
        if self._answered.is_set():
            return False
        self._answer = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=20))
        self._answered.set()
        return True

    def wait(self, seconds: float) -> dict[str, str]:
        """Return the answer. Raises ProviderUnavailable when none comes in time, or the person stops."""
        rounds = int(seconds / _LOOK_SECONDS) + 1
        for _ in range(rounds):
            if self._answered.wait(_LOOK_SECONDS):
                return self._answer
            if self._cancel.is_set():
                raise ProviderUnavailable("You stopped the sign-in at the identity provider.")
        raise ProviderUnavailable("No answer came back from the identity provider in time.")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
