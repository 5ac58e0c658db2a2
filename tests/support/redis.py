"""A Redis server of a test's own: on a port of the moment, with a password, nothing on disk."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

PASSWORD = "lamp river slate of redis"


@dataclass
class RunningRedis:
    """The server, and how to reach it."""

    process: "subprocess.Popen[bytes]"
    url: str
    client: "Redis"


@contextmanager
def redis_server(folder: Path) -> Iterator[RunningRedis]:
    """Run a server; the test is skipped where none is installed."""
    program = shutil.which("redis-server") or shutil.which("redis-check-rdb")  # one program, told by its name
    if program is None:
        pytest.skip("Redis is not installed")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    words = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(
        ["redis-server", *words], executable=program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    client = Redis(port=port, password=PASSWORD)
    try:
        for _ in range(100):
            try:
                client.ping()
                break
            except RedisError:
                time.sleep(0.05)
        yield RunningRedis(process, f"redis://127.0.0.1:{port}/0", client)
    finally:
        client.close()
        process.kill()
        process.wait()
