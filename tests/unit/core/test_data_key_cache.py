"""Unwrapped data keys stay 300 seconds at most, a bounded number of them, and go on lock."""

from uuid import UUID, uuid4

from core.keys.cache import DataKeyCache
from hsm.secret import Secret

WRAPPED = b"wrapped"


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _filled(clock: _Clock, count: int = 1, entries: int = 10) -> tuple[DataKeyCache, list[UUID]]:
    cache, ids = DataKeyCache(clock, entries=entries), [uuid4() for _ in range(count)]
    for key_id in ids:
        cache.put(key_id, WRAPPED, Secret(b"k" * 32))
    return cache, ids


def test_a_key_is_held_for_300_seconds_and_not_longer() -> None:
    clock = _Clock()
    cache, [key_id] = _filled(clock)
    clock.now = 299.9
    assert cache.get(key_id, WRAPPED) is not None
    clock.now = 300.0
    assert cache.get(key_id, WRAPPED) is None
    assert len(cache) == 0


def test_using_a_key_does_not_make_it_stay_longer() -> None:
    clock = _Clock()
    cache, [key_id] = _filled(clock)
    for clock.now in (100.0, 200.0, 299.0):
        assert cache.get(key_id, WRAPPED) is not None
    clock.now = 301.0
    cache.forget_old()
    assert len(cache) == 0


def test_a_key_that_was_rewrapped_meanwhile_is_not_given() -> None:
    cache, [key_id] = _filled(_Clock())
    assert cache.get(key_id, b"another wrapping") is None


def test_the_oldest_goes_when_there_are_too_many() -> None:
    cache, ids = _filled(_Clock(), count=12, entries=10)
    assert len(cache) == 10
    assert [cache.get(key_id, WRAPPED) is None for key_id in ids] == [True, True] + [False] * 10


def test_lock_empties_it_but_spoils_no_key_in_use() -> None:
    cache, [key_id] = _filled(_Clock())
    in_use = cache.get(key_id, WRAPPED)
    cache.empty()
    assert in_use is not None
    assert (len(cache), cache.get(key_id, WRAPPED), in_use.reveal()) == (0, None, b"k" * 32)
