"""Fixtures for tests of pages."""

from tests.gui.pages.bench import bench, populated_vault, start

__all__ = ["bench", "populated_vault", "start"]
