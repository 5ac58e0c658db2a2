"""The one entry: sorts the words, then opens the window or runs a command.

Kept free of heavy imports: it decides what is loaded at all.
"""

import gc
import os
import resource
import sys
from collections.abc import Sequence
from typing import NoReturn

_FLAGS = {"--json": "--json", "-v": "--verbose", "--verbose": "--verbose", "--oidc": "--oidc"}
_VALUED = ("--home", "--totp")
_VALUED_BEFORE_CONSOLE = frozenset({*_VALUED, "--operator", "--password-file"})


def main(argv: Sequence[str] | None = None) -> None:
    """Run the program and leave with the exit code of what happened."""
    forbid_core_dumps()
    gc.disable()  # until the services are loaded: collecting while importing costs a tenth of a second
    words = hoist_options(list(sys.argv[1:] if argv is None else argv))
    if asks_for_window(words):
        from app.opening import show_opening  # noqa: PLC0415 (Qt, for the window only)

        _opening = show_opening(words)  # up while everything else is being imported
    from app.cli.commands import run  # noqa: PLC0415 (typer, only once the words are sorted)

    _leave(run(words))


def forbid_core_dumps() -> None:
    """Let neither this process nor one that it starts leave a core dump: it would hold the PIN and data keys."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def asks_for_window(words: Sequence[str]) -> bool:
    """Tell whether words start the console: no command or `console`, and nothing that prints an answer."""
    rest = iter(words)
    for word in rest:
        if word in _VALUED_BEFORE_CONSOLE:
            next(rest, None)
        elif word not in {"console", "-v", "--verbose"} and word.partition("=")[0] not in _VALUED_BEFORE_CONSOLE:
            return False
    return True


def _leave(code: int) -> NoReturn:
    """End the process at once: taking a hundred modules apart would cost every command a tenth of a second.

    Nothing is lost by it: whoever opened the vault has closed it, and what was printed is flushed here.
    """
    import logging  # noqa: PLC0415 (10 ms that the first window does not wait for)

    logging.shutdown()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # whoever read it has gone
        code = code or 1
    os._exit(code)


def hoist_options(words: list[str]) -> list[str]:
    """Put what every command takes in front, wherever it was written; nothing after `--` moves."""
    front: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--":
            return front + rest + words[position:]
        if word in _FLAGS:
            front.append(_FLAGS[word])
        elif word in _VALUED and position + 1 < len(words):
            front += [word, words[position + 1]]
            position += 1
        elif word.startswith(tuple(f"{name}=" for name in _VALUED)):
            front.append(word)
        else:
            rest.append(word)
        position += 1
    return front + rest


if __name__ == "__main__":
    main()
