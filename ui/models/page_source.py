"""Jumping anywhere in a list of millions: the key that begins each page, found without OFFSET.

Anchors stand every 10,000 rows and are found by walking keys in the database; the pages inside one
anchor's block are found when the first of them is asked for. Everything here waits for the database,
so it runs in worker threads, under one lock. It knows no Qt.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.citizens.model import CitizenFilter, CitizenPage, CitizenPlace, CitizenRecord, PageKey

if TYPE_CHECKING:
    from core.access.model import LoginSession

PAGE_ROWS = 200
ANCHOR_ROWS = 10_000


class PagedCitizens(Protocol):
    """The use cases that a listing needs: `CitizenService`."""

    def page(  # noqa: D102 (a protocol's single line)
        self, session: "LoginSession", wanted: CitizenFilter, after: PageKey | None = None, limit: int = 100
    ) -> CitizenPage: ...

    def page_keys(  # noqa: D102
        self, session: "LoginSession", wanted: CitizenFilter, after: PageKey | None, step: int, rows: int
    ) -> list[PageKey]: ...

    def place_of(  # noqa: D102
        self,
        session: "LoginSession",
        wanted: CitizenFilter,
        key: PageKey,
        page_rows: int,
        anchors: Sequence[PageKey] = (),
        anchor_rows: int = 0,
    ) -> CitizenPlace: ...

    def find_by_name(  # noqa: D102
        self,
        session: "LoginSession",
        typed: str,
        wanted: CitizenFilter,
        after: PageKey | None = None,
        limit: int = 100,
    ) -> CitizenPage: ...


@dataclass(frozen=True)
class LoadedPage:
    """A page's number and rows, and whether there are later ones."""

    number: int
    rows: tuple[CitizenRecord, ...]
    more: bool = False


class Pages(Protocol):
    """What a table reads its pages from, in a worker thread."""

    def load(self, number: int) -> LoadedPage: ...  # noqa: D102 (a protocol's single line)


class PageSource:
    """One listing: a filter and where its pages begin. Page n holds the rows from n x `page_rows` on."""

    def __init__(
        self,
        citizens: PagedCitizens,
        session: "LoginSession",
        wanted: CitizenFilter,
        *,
        page_rows: int = PAGE_ROWS,
        anchor_rows: int = ANCHOR_ROWS,
    ) -> None:
        self._citizens = citizens
        self._session = session
        self._wanted = wanted
        self._page_rows = page_rows
        self._anchor_rows = anchor_rows
        self._lock = threading.Lock()
        # After which key a page begins: None stands for the beginning of the list.
        self._anchors: list[PageKey | None] = [None]
        self._starts: dict[int, PageKey | None] = {0: None}

    def load(self, number: int) -> LoadedPage:
        """Read one page. Past the end (rows went meanwhile) it is empty."""
        with self._lock:
            known, start = self._start_of(number)
        if not known:
            return LoadedPage(number, ())
        page = self._citizens.page(self._session, self._wanted, start, self._page_rows)
        if page.next is not None:
            with self._lock:
                self._starts.setdefault(number + 1, page.next)
        return LoadedPage(number, page.items, page.next is not None)

    def place_of(self, key: PageKey) -> int:
        """Return the row at which a key stands or would stand. Its page can then be read without walking to it."""
        with self._lock:
            anchors = [anchor for anchor in self._anchors if anchor is not None]
        place = self._citizens.place_of(self._session, self._wanted, key, self._page_rows, anchors, self._anchor_rows)
        with self._lock:
            self._starts[place.row // self._page_rows] = place.page_after
        return place.row

    def _start_of(self, number: int) -> tuple[bool, PageKey | None]:
        if number in self._starts:
            return True, self._starts[number]
        block = number * self._page_rows // self._anchor_rows
        self._find_anchors(block)
        if block >= len(self._anchors):
            return False, None
        first = block * self._anchor_rows // self._page_rows
        anchor = self._anchors[block]
        self._starts[first] = anchor
        keys = self._citizens.page_keys(self._session, self._wanted, anchor, self._page_rows, self._anchor_rows)
        self._starts.update({first + position: key for position, key in enumerate(keys, start=1)})
        return number in self._starts, self._starts.get(number)

    def _find_anchors(self, block: int) -> None:
        missing = block - len(self._anchors) + 1
        if missing > 0:
            last = self._anchors[-1]
            rows = missing * self._anchor_rows
            self._anchors += self._citizens.page_keys(self._session, self._wanted, last, self._anchor_rows, rows)


class NamePages:
    """What a search by name finds, page after page: how much there is, nobody knows before the last one.

    Each page leaves an entry and counts against the operator's limit, so none is read before it is needed.
    """

    def __init__(
        self,
        citizens: PagedCitizens,
        session: "LoginSession",
        typed: str,
        wanted: CitizenFilter,
        *,
        page_rows: int = PAGE_ROWS,
    ) -> None:
        self._citizens = citizens
        self._session = session
        self._typed = typed
        self._wanted = wanted
        self.page_rows = page_rows
        self._starts: dict[int, PageKey | None] = {0: None}

    def load(self, number: int) -> LoadedPage:
        """Read a page whose predecessor was read."""
        start = self._starts[number]
        page = self._citizens.find_by_name(self._session, self._typed, self._wanted, start, self.page_rows)
        if page.next is not None:
            self._starts[number + 1] = page.next
        return LoadedPage(number, page.items, page.next is not None)
