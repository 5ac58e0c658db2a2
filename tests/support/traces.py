"""Searches whatever a program leaves behind for values that must not be there, in every usual writing."""

import base64
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_BLOCK = 8 << 20


def writings(value: bytes) -> dict[str, bytes]:
    """Return a value as it is, and in UTF-16, hex and base64 (at each of the three alignments)."""
    forms = {"as it is": value, "hex": value.hex().encode(), "HEX": value.hex().upper().encode()}
    try:
        text = value.decode()
        forms |= {"UTF-16 LE": text.encode("utf-16-le"), "UTF-16 BE": text.encode("utf-16-be")}
    except UnicodeDecodeError:
        pass
    for shift in range(3):  # what stands before it in the same stream moves it
        coded = base64.b64encode(bytes(shift) + value)
        inner = coded[4 if shift else 0 : (len(value) + shift) // 3 * 4]
        forms |= {f"base64 +{shift}": inner, f"base64url +{shift}": inner.replace(b"+", b"-").replace(b"/", b"_")}
    return forms


def found_in_files(
    folders: Iterable[Path], canaries: Mapping[str, bytes], except_for: Iterable[Path] = ()
) -> list[str]:
    """Name each canary that stands in a file, or in a file's name."""
    wanted = [(name, form, data) for name, value in canaries.items() for form, data in writings(value).items()]
    longest = max(len(data) for _, _, data in wanted)
    skipped = {path.resolve() for path in except_for}
    hits = []
    for path in _files(folders):
        if path.resolve() in skipped:
            continue
        for block in _blocks(path, longest):
            hits += [f"{name} ({form}) in {path}" for name, form, data in wanted if data in block]
        hits += [f"{name} ({form}) in the name {path}" for name, form, data in wanted if data in os.fsencode(path)]
    return sorted(set(hits))


def found_in_processes(pids: Iterable[int], canaries: Mapping[str, bytes]) -> list[str]:
    """Name each canary that stands in the environment or the arguments of a process."""
    hits = []
    for pid in pids:
        for what in ("environ", "cmdline"):
            try:
                data = Path(f"/proc/{pid}/{what}").read_bytes()
            except OSError:  # it has ended
                continue
            for name, value in canaries.items():
                hits += [
                    f"{name} ({form}) in {what} of {pid}" for form, part in writings(value).items() if part in data
                ]
    return hits


def core_limits(pids: Iterable[int]) -> dict[int, str]:
    """Return the soft and hard limit of a core dump, by process."""
    limits = {}
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        limits[pid] = next(" ".join(line.split()[4:6]) for line in lines if line.startswith("Max core file size"))
    return limits


def family_of(pid: int) -> list[int]:
    """Return a process and all below it, as far as they still run."""
    children: list[str] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread has ended
            children += file.read_text(encoding="ascii").split()
    return [pid, *(below for child in children for below in family_of(int(child)))]


def servers_of(folder: Path) -> list[int]:
    """Return the processes of the PostgreSQL server whose data lies in a folder."""
    first = int((folder / "postmaster.pid").read_text().splitlines()[0])
    return family_of(first)


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                path = Path(root) / name
                if path.is_file() and not path.is_symlink():
                    yield path


def _blocks(path: Path, overlap: int) -> Iterator[bytes]:
    kept = b""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield kept + block
                kept = block[-overlap:]
    except OSError:  # it went away meanwhile
        return
