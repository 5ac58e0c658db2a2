"""What the composition root gives to the console: everything that lies outside `ui`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.access.model import LoginSession
from ui.models.vault import OpenedVault

if TYPE_CHECKING:
    from core.monitor.health import PartHealth
    from core.setup.model import Progress, SetupPlan, SetupResult


@dataclass(frozen=True)
class Credentials:
    """Operator and password of a demo vault, which are no secret: they are shown."""

    operator: str
    password: str


@dataclass(frozen=True)
class Doors:
    """What the composition root gives. All callables but `now` may wait: they run in worker threads."""

    home: Path
    holds_vault: bool
    version: str
    run_setup: "Callable[[SetupPlan, Progress], SetupResult]"
    open_vault: Callable[[], OpenedVault]
    look_at_hsm: "Callable[[], PartHealth]"
    sign_in: Callable[[OpenedVault, str, str], LoginSession]
    save_appearance: Callable[[str], None]
    now: Callable[[], datetime]
    operator: str = ""
    demo: Credentials | None = None
