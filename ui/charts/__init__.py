"""Charts: few numbers, drawn plainly, with the same data as a table.

`stacked.py` needs pyqtgraph, which takes a quarter of a second and more to import. So nothing imports
that module before there is something to draw: a card asks for its data in a worker thread, and
`warm()` imports pyqtgraph there, while the window goes on.

Whoever adds a chart: `ChartCard` (heading, table behind T, empty state), a widget that draws, and
the words in `ui/models/activity_words.py`.
"""

import importlib


def warm() -> None:
    """Import pyqtgraph. It takes a while: worker threads only."""
    importlib.import_module("pyqtgraph")
