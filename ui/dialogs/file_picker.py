"""Choosing a file, without ever waiting in the Qt thread."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QWidget


def pick_file(parent: QWidget, title: str, kinds: str, tell: Callable[[Path], object]) -> QFileDialog:
    """Ask for a file that is there; `tell` gets it."""
    return _open(parent, title, kinds, tell, "")


def pick_place(parent: QWidget, title: str, kinds: str, name: str, tell: Callable[[Path], object]) -> QFileDialog:
    """Ask where a file shall be written; `name` is offered."""
    return _open(parent, title, kinds, tell, name)


def _open(parent: QWidget, title: str, kinds: str, tell: Callable[[Path], object], name: str) -> QFileDialog:
    picker = QFileDialog(parent, title, "", kinds)
    if name:
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.selectFile(name)
    picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    picker.fileSelected.connect(lambda chosen: tell(Path(chosen)))
    picker.open()
    return picker
