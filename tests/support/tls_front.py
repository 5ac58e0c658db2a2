"""A TLS front for a PostgreSQL server that is built without TLS, as a site's load balancer is one.

It answers libpq's SSLRequest, shows its certificate, and passes everything else on in clear. What the client
verifies is real.
"""

import contextlib
import socket
import ssl
import struct
import threading
from pathlib import Path

_SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
_PIECE = 65_536


class TlsFront:
    """Listens on localhost, forwards to a server's socket. Thread-safe; every connection has two threads."""

    def __init__(self, target: Path, certificate: Path, key: Path) -> None:
        self._target = str(target)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            if client.recv(len(_SSL_REQUEST), socket.MSG_WAITALL) != _SSL_REQUEST:
                return  # without TLS nobody gets in here
            client.sendall(b"S")
            with (
                self._context.wrap_socket(client, server_side=True) as secured,
                socket.socket(socket.AF_UNIX) as server,
            ):
                server.connect(self._target)
                back = threading.Thread(target=_pump, args=(server, secured), daemon=True)
                back.start()
                _pump(secured, server)
                back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
