"""`./run` and `./test` as people meet them: on a new machine, twice, at once, without display or rights."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

REPOSITORY = Path(__file__).parents[2]
PARTS = ("run", "test", ".ci", "pyproject.toml", "uv.lock", "README.md", "LICENSE")
PACKAGES = ("app", "ui", "core", "hsm", "resources")
NO_DISPLAY = "There is no display"
NO_PACKAGES = {"CITIZEN_ZERO_SKIP_PACKAGES": "1"}
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


def _run(
    project: Path,
    *words: str,
    cwd: Path | None = None,
    script: str = "run",
    environment: Mapping[str, str] = NO_SETTINGS,
) -> "subprocess.CompletedProcess[str]":
    """Call a script without display and terminal; `environment` is added to this process's."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "VIRTUAL_ENV"}
    }
    return subprocess.run(
        [str(project / script), *words],
        cwd=cwd or project,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def _copy(target: Path) -> Path:
    """Copy what a fresh clone has."""
    target.mkdir(parents=True)
    for name in PARTS:
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target / name)
    for name in PACKAGES:
        shutil.copytree(REPOSITORY / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture
def incomplete(tmp_path: Path) -> Path:
    """Give a project that cannot be set up: a call that gets as far as the set-up ends there, with exit code 1."""
    shutil.copy(REPOSITORY / "run", tmp_path)
    shutil.copytree(REPOSITORY / ".ci", tmp_path / ".ci")
    return tmp_path


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project that was set up at a path with spaces and letters beyond ASCII."""
    project = _copy(tmp_path_factory.mktemp("scripts") / "my clone é" / "नागरिक")
    done = _run(project, "--setup-only", environment=NO_PACKAGES | {"PATH": _path_with_uv()})
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "standard output belongs to the command's own result"
    assert "Set-up is done." in done.stderr
    return project


def _path_with_uv() -> str:
    """Prefer the uv that the project has installed for itself: not each copy needs to fetch its own."""
    return f"{REPOSITORY}/.stamp/uv/bin:{os.environ['PATH']}"


# --- without a display --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [(), ("console",), ("demo",), ("demo", "--citizens", "5"), ("--home", "status"), ("--home", "x", "console")],
)
def test_without_a_display_a_window_is_refused_in_one_line(incomplete: Path, words: tuple[str, ...]) -> None:
    answer = _run(incomplete, *words)
    assert answer.returncode == 2
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith(NO_DISPLAY)
    assert " ".join(("xvfb-run ./run", *words)) in line
    assert "./run --help" in line


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("status",),
        ("demo", "--no-window"),
        ("demo", "--help"),
        ("--home", "x", "key", "list"),
    ],
)
def test_the_command_line_needs_no_display(incomplete: Path, words: tuple[str, ...]) -> None:
    answer = _run(incomplete, *words)
    assert answer.returncode == 1
    assert NO_DISPLAY not in answer.stderr


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_any_kind_of_display_will_do(incomplete: Path, variable: str) -> None:
    assert NO_DISPLAY not in _run(incomplete, environment={variable: "something"}).stderr


# --- set-up -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_once_set_up_nothing_is_done_again(clone: Path, tmp_path: Path) -> None:
    before = (clone / ".venv" / ".set-up-run").stat().st_mtime_ns
    again = _run(
        clone,
        "--setup-only",
        cwd=tmp_path,
        environment={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "UV_OFFLINE": "1"},
    )
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert (clone / ".venv" / ".set-up-run").stat().st_mtime_ns == before


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--version",), ("no-such-command",)])
def test_words_are_handed_to_the_program_as_they_are(clone: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    direct = subprocess.run(
        [str(clone / ".venv" / "bin" / "citizen-zero"), *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    through = _run(clone, *words, cwd=tmp_path)
    assert (through.returncode, through.stdout, through.stderr) == (direct.returncode, direct.stdout, direct.stderr)


@pytest.mark.slow
def test_the_script_may_be_called_through_a_link(clone: Path, tmp_path: Path) -> None:
    link = tmp_path / "citizen-zero"
    link.symlink_to(clone / "run")
    again = subprocess.run([str(link), "--setup-only"], capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.slow
def test_two_who_set_up_at_once_do_it_once(tmp_path: Path) -> None:
    project = _copy(tmp_path / "project")
    environment = os.environ | NO_PACKAGES | {"PATH": _path_with_uv()}
    both = [
        subprocess.Popen([project / "run", "--setup-only"], stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    said = "".join(one.communicate(timeout=300)[1] for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert said.count("Set-up is done.") == 1


@pytest.mark.slow
def test_a_moved_project_sets_itself_up_again_whatever_uv_and_pip_are_told(clone: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(clone, moved, symlinks=True, copy_function=os.link)
    done = _run(
        moved,
        "--setup-only",
        environment={
            "CITIZEN_ZERO_SKIP_PACKAGES": "1",
            "PATH": _path_with_uv(),
            "UV_FROZEN": "1",
            "UV_PROJECT_ENVIRONMENT": str(tmp_path / "elsewhere"),
            "UV_DEFAULT_INDEX": "https://index.invalid/simple",
            "UV_PYTHON": "2.7",
            "PIP_TARGET": str(tmp_path / "target"),
            "PIP_REQUIRE_VIRTUALENV": "1",
            "VIRTUAL_ENV": str(tmp_path / "other"),
        },
    )
    assert done.returncode == 0, done.stderr
    assert str(moved) in (moved / ".venv" / "bin" / "citizen-zero").read_text()
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "target").exists()


@pytest.mark.slow
def test_a_lock_file_that_does_not_fit_is_told_and_leaves_no_stamp(tmp_path: Path) -> None:
    project = _copy(tmp_path / "project")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("dependencies = [", 'dependencies = [\n    "six>=1",', 1))
    for _ in range(2):
        done = _run(project, "--setup-only", environment=NO_PACKAGES | {"PATH": _path_with_uv()})
        assert done.returncode == 1
        assert "uv.lock" in done.stderr
        assert not (project / ".venv" / ".set-up-run").exists()


# --- rights -------------------------------------------------------------------------------------------------------


@pytest.fixture
def readable_project() -> Iterator[Path]:
    """Give a copy that another account may read and write; pytest's own folders are this account's alone."""
    folder = Path(tempfile.mkdtemp(prefix="project of another "))
    yield _copy(folder / "project")
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second account")
def test_a_stale_environment_of_another_user_is_told_not_touched(readable_project: Path) -> None:
    environment = readable_project / ".venv"
    environment.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(environment, nobody.pw_uid, nobody.pw_gid)
    done = _run(readable_project, "--setup-only")
    assert done.returncode == 1
    assert "belongs to nobody" in done.stderr
    assert list(environment.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second account")
def test_who_may_not_install_packages_is_told_which_are_missing(readable_project: Path) -> None:
    setup = readable_project / ".ci" / "setup.sh"
    setup.write_text(setup.read_text().replace("    softhsm2\n", "    softhsm2 no-such-package-here\n", 1))
    nobody = pwd.getpwnam("nobody")
    for path in (readable_project.parent, readable_project):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    done = subprocess.run(
        [str(readable_project / "run"), "--setup-only"],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "missing" in done.stderr
    assert "apt-get install" in done.stderr
    assert "no-such-package-here" in done.stderr.splitlines()[-1]


def test_the_checks_of_continuous_integration_are_everybodys(tmp_path: Path) -> None:
    """`.ci/run` calls `./test`, wherever it is called from, and hands its result on."""
    project = tmp_path / "project"
    (project / ".ci").mkdir(parents=True)
    shutil.copy(REPOSITORY / ".ci" / "run", project / ".ci")
    (project / "test").write_text("#!/bin/sh\necho checked\nexit 7\n")
    (project / "test").chmod(0o755)
    answer = _run(project, script=".ci/run", cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (7, "checked\n")
