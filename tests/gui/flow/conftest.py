"""Fixtures for tests of whole flows."""

from tests.gui.flow.setting_up import new_home
from tests.gui.pages.bench import bench, populated_vault, start

__all__ = ["bench", "new_home", "populated_vault", "start"]
