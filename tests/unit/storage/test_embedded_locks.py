"""Locks between processes: who shares, who waits, and that they die with their holder."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.errors import DatabaseUnavailable
from core.storage.locks import FileLock, exclusive

HOLD_LOCK = """
import sys, time
from pathlib import Path
from core.storage.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
lock.acquire(shared=False, timeout=0)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def test_many_share_a_lock(path: Path) -> None:
    assert FileLock(path).acquire(shared=True, timeout=0)
    one, other = FileLock(path), FileLock(path)
    assert one.acquire(shared=True, timeout=0)
    assert other.acquire(shared=True, timeout=0)


def test_an_exclusive_lock_is_refused_while_another_shares_it(path: Path) -> None:
    one, other = FileLock(path), FileLock(path)
    assert one.acquire(shared=True, timeout=0)
    assert not other.acquire(shared=False, timeout=0)
    assert not other.is_held


def test_the_last_one_who_shares_a_lock_may_have_it_alone(path: Path) -> None:
    one, other = FileLock(path), FileLock(path)
    one.acquire(shared=True, timeout=0)
    other.acquire(shared=True, timeout=0)
    other.release()
    assert one.acquire(shared=False, timeout=0)


def test_a_lock_is_waited_for(path: Path) -> None:
    one, other = FileLock(path), FileLock(path)
    one.acquire(shared=False, timeout=0)
    threading.Timer(0.05, one.release).start()
    assert other.acquire(shared=False, timeout=5)


def test_waiting_ends_with_words_about_who_holds_it(path: Path) -> None:
    holder = FileLock(path)
    holder.acquire(shared=False, timeout=0)
    with (
        pytest.raises(DatabaseUnavailable, match="somebody starts it"),
        exclusive(path, timeout=0.02, busy="somebody starts it"),
    ):
        pytest.fail("the lock was held by another")


def test_a_lock_dies_with_its_process(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD_LOCK, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert not FileLock(path).acquire(shared=True, timeout=0)
        holder.kill()
    assert FileLock(path).acquire(shared=True, timeout=0)


def test_a_removed_lock_file_locks_nothing(path: Path) -> None:
    """Else whoever waited for a destroyed home would go on in the belief that it is alone."""
    one, other = FileLock(path), FileLock(path)
    one.acquire(shared=False, timeout=0)

    def destroy() -> None:
        time.sleep(0.05)
        path.unlink()
        one.release()

    threading.Thread(target=destroy).start()
    assert other.acquire(shared=False, timeout=5)
    assert path.exists(), "the lock is on a file that others can find"


def test_a_link_in_the_place_of_a_lock_file_is_not_followed(path: Path) -> None:
    target = path.with_name("target")
    path.symlink_to(target)
    with pytest.raises(DatabaseUnavailable):
        FileLock(path).acquire(shared=False, timeout=0)
    assert not target.exists()


def test_a_missing_folder_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="lock file"):
        FileLock(tmp_path / "no" / "lock").acquire(shared=True, timeout=0)


def test_lock_files_are_private(path: Path) -> None:
    FileLock(path).acquire(shared=True, timeout=0)
    assert path.stat().st_mode & 0o077 == 0
