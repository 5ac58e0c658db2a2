"""Login sessions in Redis 7, where the home's `config.toml` names one (`redis_url`); the password is REDIS_PASSWORD.

One key a session, that lives for 30 minutes from its last use on: a session that lapses is gone by itself. A
Redis that does not answer ends nothing silently: whoever needs it gets SessionStoreUnavailable, and no use case
goes on without knowing that its session is open.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.access.login_sessions import LAPSE_SECONDS, Device, LoginRecord, Seen, Standing
from core.access.model import LoginSession, Role
from core.audit.model import Origin
from core.errors import InvalidInput, SessionStoreUnavailable
from hsm.secret import Secret

if TYPE_CHECKING:
    from redis import Redis

_TIMEOUT_SECONDS = 2.0
_SCAN = 500


class RedisSessions:
    """The store. `vault` keeps the sessions of several vaults on one server apart."""

    def __init__(self, url: str, password: Callable[[], Secret | None], vault: str) -> None:
        self._url = url
        self._password = password
        self._prefix = f"citizen-zero:{vault}:login-session:"
        self._connected: Redis | None = None

    def add(self, session: LoginSession, device: Device, seconds: int) -> None:
        """Store a new session."""
        with self._redis() as redis:
            now = _now(redis)
            record = {
                "operator": session.operator,
                "role": session.role.value,
                "kind": session.actor.origin.value,
                "host": device.host,
                "system": device.system,
                "process": device.process,
                "started_at": now.isoformat(),
                "ends_at": (now + timedelta(seconds=seconds)).isoformat(),
            }
            redis.set(self._prefix + session.actor.login_session, json.dumps(record), ex=min(LAPSE_SECONDS, seconds))

    def look(self, login_session: str, *, used: bool) -> Seen:
        """Return a session's standing; using it lets its key live for 30 minutes more."""
        key = self._prefix + login_session
        with self._redis() as redis:
            found = redis.getex(key, ex=LAPSE_SECONDS) if used else redis.get(key)
            now = _now(redis)
        if found is None:
            return Seen(Standing.LAPSED)
        record = _read(found)
        if record is None:
            return Seen(Standing.LAPSED)
        if record.get("ended_by"):
            return Seen(Standing.ENDED, str(record["ended_by"]))
        return Seen(Standing.OPEN if datetime.fromisoformat(record["ends_at"]) > now else Standing.LAPSED)

    def end(self, login_session: str, by: str) -> bool:
        """Sign a session out; its key stays for its time, so that the process can say by whom."""
        key = self._prefix + login_session
        with self._redis() as redis:
            record = _read(redis.get(key))
            if record is None or record.get("ended_by"):
                return False
            return bool(redis.set(key, json.dumps({**record, "ended_by": by}), xx=True, keepttl=True))

    def remove(self, login_session: str) -> None:
        """Forget a session."""
        with self._redis() as redis:
            redis.delete(self._prefix + login_session)

    def open_ones(self) -> list[LoginRecord]:
        """Return the open sessions, last active first."""
        with self._redis() as redis:
            now = _now(redis)
            keys = list(redis.scan_iter(f"{self._prefix}*", count=_SCAN))
            values = redis.mget(keys) if keys else []
            lives = [redis.ttl(key) for key in keys]
        found = []
        for key, value, left in zip(keys, values, lives, strict=True):
            record = _read(value)
            if record is not None and not record.get("ended_by") and left > 0:
                seen = now - timedelta(seconds=LAPSE_SECONDS - left)
                found.append(_record(key.decode().removeprefix(self._prefix), record, seen))
        open_ones = [record for record in found if record.ends_at > now]
        return sorted(open_ones, key=lambda record: record.last_seen_at, reverse=True)

    @contextmanager
    def _redis(self) -> "Iterator[Redis]":
        from redis import Redis  # noqa: PLC0415 (only where a home names a Redis)
        from redis.exceptions import RedisError  # noqa: PLC0415

        if self._connected is None:
            password = self._password()
            self._connected = Redis.from_url(
                _checked(self._url),
                password=None if password is None else password.reveal_text(),
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
            )
        try:
            yield self._connected
        except RedisError as error:
            raise SessionStoreUnavailable(
                "The store of login sessions (Redis) does not answer.", details={"Redis": type(error).__name__}
            ) from None


def _checked(url: str) -> str:
    """Return a Redis URL. Raises InvalidInput for another one, or one with a password in it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"redis", "rediss", "unix"} and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidInput("redis_url in config.toml is not a Redis URL.", field="redis_url")
    if parts.password is not None or "password" in parts.query:
        raise InvalidInput(
            "redis_url in config.toml holds a password.", field="redis_url", remedy="Give it as REDIS_PASSWORD."
        )
    return url


def _now(redis: "Redis") -> datetime:
    seconds, micro = redis.time()
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micro)


def _read(value: Any) -> dict[str, Any] | None:
    """Return a session's record, None for what this program did not write."""
    try:
        record = json.loads(value)
        Role(record["role"]), Origin(record["kind"]), datetime.fromisoformat(record["ends_at"])
        datetime.fromisoformat(record["started_at"])
    except (TypeError, ValueError, KeyError):
        return None
    return dict(record)


def _record(login_session: str, record: dict[str, Any], seen: datetime) -> LoginRecord:
    return LoginRecord(
        login_session,
        str(record["operator"]),
        Role(record["role"]),
        Origin(record["kind"]),
        Device(str(record["host"]), str(record["system"]), int(record["process"])),
        datetime.fromisoformat(record["started_at"]),
        seen,
        datetime.fromisoformat(record["ends_at"]),
    )
