"""The window that is up at once, while what the console consists of is still being loaded.

It imports PyQt6 and nothing else, so that it comes in the time of an empty window; the console's own
window takes its place (`app/desktop.py`). No words stand in it but
its title: loading fonts would take as long again.
"""

import sys

from PyQt6.QtWidgets import QApplication, QMainWindow

NAME = "opening"
SIZE = (1440, 900)


def show_opening() -> tuple[object, QMainWindow]:
    """Show the window, painted; it stays until `close_opening`. Whoever calls holds application and window."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    window = QMainWindow()
    window.setObjectName(NAME)
    window.setWindowTitle("Citizen Zero")
    window.resize(*SIZE)
    window.show()
    application.processEvents()
    return application, window


def close_opening() -> None:
    """Take the window away: the console's own is up."""
    for window in QApplication.topLevelWidgets():
        if window.objectName() == NAME:
            window.close()
            window.deleteLater()
