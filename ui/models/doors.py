"""What the composition root gives to the console: everything that lies outside `ui`."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.access.model import LoginSession
from ui.models.vault import OpenedVault

if TYPE_CHECKING:
    from core.access.factors import AskSecondFactor
    from core.access.provider import ProviderIdentity
    from core.monitor.health import PartHealth
    from core.setup.model import Progress, SetupPlan, SetupResult


@dataclass(frozen=True)
class Credentials:
    """Operator and password of a demo vault, which are no secret: they are shown."""

    operator: str
    password: str


@dataclass(frozen=True)
class Doors:
    """What the composition root gives. All callables but `now` may wait: they run in worker threads.

    `touch` asks a security key, `identify` the identity provider; `provider` tells whether the home names one.
    """

    home: Path
    holds_vault: bool
    version: str
    run_setup: "Callable[[SetupPlan, Progress], SetupResult]"
    open_vault: Callable[[], OpenedVault]
    sign_in: "Callable[[OpenedVault, str, str, AskSecondFactor, ProviderIdentity | None], LoginSession]"
    touch: "Callable[[Mapping[str, Any], Callable[[str], None], threading.Event], Mapping[str, Any]]"
    identify: "Callable[[Callable[[str], None], threading.Event], ProviderIdentity]"
    look_at_hsm: "Callable[[], PartHealth]"
    save_appearance: Callable[[str], None]
    now: Callable[[], datetime]
    operator: str = ""
    provider: bool = False
    demo: Credentials | None = None
