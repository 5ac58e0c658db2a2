"""The program's own log: one JSON line an event, in the home's `log` folder (0600).

Only listed fields are written, and no message is ever built from values: an event has a fixed name.
Exceptions appear by type and place, never with their text, which may quote what it met.
"""

import json
import logging
import os
import traceback
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOGGER = "citizen_zero"
FIELDS = ("code", "command", "action", "seconds", "part", "state", "count", "entry", "version")
MAX_BYTES, KEPT = 1_000_000, 3


class AllowListFormatter(logging.Formatter):
    """Writes time, level, event and the listed fields of a record; everything else stays out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.msg if isinstance(record.msg, str) and not record.args else "event",
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])[-8:]
            line["fault"] = record.exc_info[0].__name__
            line["where"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=True)


def start_logging(folder: Path | None, *, verbose: bool) -> logging.Logger:
    """Send this program's events to the home's log file, and with `verbose` to standard error too."""
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    handlers: list[logging.Handler] = [logging.StreamHandler()] if verbose else []
    if folder is not None and folder.is_dir():
        file = folder / "citizen-zero.log"
        os.close(os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        handlers.append(RotatingFileHandler(file, maxBytes=MAX_BYTES, backupCount=KEPT, delay=True, encoding="utf-8"))
    for handler in handlers or [logging.NullHandler()]:
        handler.setFormatter(AllowListFormatter())
        logger.addHandler(handler)
    return logger
