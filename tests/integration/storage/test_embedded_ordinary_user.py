"""The same promises for an ordinary user: the server's other tests, run again under another account."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]


@pytest.fixture
def nobody() -> pwd.struct_passwd:
    account = pwd.getpwnam("nobody")
    seen = subprocess.run(
        ["/usr/bin/test", "-r", str(HERE / "test_embedded_life.py"), "-a", "-x", sys.executable],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        check=False,
    )
    if seen.returncode != 0:
        pytest.skip(f"{REPOSITORY} is not readable for other accounts")
    return account


@pytest.fixture
def folder(nobody: pwd.struct_passwd) -> Iterator[Path]:
    """Give the ordinary user a folder, outside pytest's own, which is root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="ordinary user "))
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as an ordinary user already")
def test_all_of_this_holds_for_an_ordinary_user_too(nobody: pwd.struct_passwd, folder: Path) -> None:
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder}/pytest"),
            *(str(HERE / f"test_embedded_{subject}.py") for subject in ("life", "recovery", "server")),
        ],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
