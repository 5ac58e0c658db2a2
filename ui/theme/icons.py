"""Lucide icons, drawn at run time in the colour of a token, and the product's own mark.

The package is a zip of SVG files, read once. Pixmaps are cached by name, colour, size and device
pixel ratio: one without its ratio would be blurred on the next screen.
"""

from importlib import resources
from zipfile import ZipFile

from PyQt6.QtCore import QByteArray, QPointF, QRectF, Qt
from PyQt6.QtGui import QIcon, QPainter, QPixmap
from PyQt6.QtSvg import QSvgRenderer

_RATIOS = (1.0, 1.5, 2.0)


class UnknownIconError(KeyError):
    """No icon of that name: a slip of the programmer, met by the first test that shows the widget."""


class IconSet:
    """Makes icons and pixmaps. Needs a QGuiApplication. Raises UnknownIconError for a name Lucide has not."""

    def __init__(self) -> None:
        path = resources.files("lucide") / "lucide.zip"
        self._zip = ZipFile(path.open("rb"))
        self._mark = (resources.files("resources.icons") / "mark.svg").read_text(encoding="utf-8")
        self._sources: dict[str, str] = {}
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._icons: dict[tuple[str, str, str, int, int], QIcon] = {}

    def icon(self, name: str, colour: str, disabled: str, size: int, pad: int = 0) -> QIcon:
        """Return an icon with its disabled look, at the usual pixel ratios.

        Colours are `#RRGGBB`, size in px. `pad` px stay free at its right (at its left when
        negative): the only way to widen the fixed gap that Qt leaves between icon and word.
        """
        key = (name, colour, disabled, size, pad)
        if key not in self._icons:
            icon = QIcon()
            for ratio in _RATIOS:
                normal = _padded(self.pixmap(name, colour, size, ratio), round(pad * ratio))
                icon.addPixmap(normal, QIcon.Mode.Normal)
                icon.addPixmap(normal, QIcon.Mode.Selected)
                icon.addPixmap(
                    _padded(self.pixmap(name, disabled, size, ratio), round(pad * ratio)), QIcon.Mode.Disabled
                )
            self._icons[key] = icon
        return self._icons[key]

    def pixmap(self, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        """One icon in one colour; `size` in px, `ratio` that of the screen it is for."""
        key = (name, colour, size, ratio)
        if key not in self._pixmaps:
            svg = self._source(name).replace("currentColor", colour)
            self._pixmaps[key] = _render(svg, size, ratio)
        return self._pixmaps[key]

    def mark(self, ground: str, figure: str, size: int, ratio: float = 1.0) -> QPixmap:
        """Return the product's mark: `figure` on a square of `ground`."""
        key = (f"mark {figure}", ground, size, ratio)
        if key not in self._pixmaps:
            svg = self._mark.replace("#FFFFFF", figure).replace("#2350A9", ground)
            self._pixmaps[key] = _render(svg, size, ratio)
        return self._pixmaps[key]

    def _source(self, name: str) -> str:
        if name not in self._sources:
            try:
                self._sources[name] = self._zip.read(f"{name}.svg").decode("utf-8")
            except KeyError as error:
                raise UnknownIconError(name) from error
        return self._sources[name]


def _padded(pixmap: QPixmap, pad: int) -> QPixmap:
    if not pad:
        return pixmap
    wide = QPixmap(pixmap.width() + abs(pad), pixmap.height())
    wide.fill(Qt.GlobalColor.transparent)
    wide.setDevicePixelRatio(pixmap.devicePixelRatio())
    painter = QPainter(wide)
    painter.drawPixmap(QPointF(max(0, -pad) / pixmap.devicePixelRatio(), 0), pixmap)
    painter.end()
    return wide


def _render(svg: str, size: int, ratio: float) -> QPixmap:
    side = round(size * ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode("utf-8"))).render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
