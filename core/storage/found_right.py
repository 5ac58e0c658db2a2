"""What was found right a moment ago, so that the HSM is not asked again about the very same content.

An HMAC says the same of the same bytes each time. What is remembered is the whole content, its seal or MAC
included, and compared as a whole: whatever anybody changed since then is another content, and is asked about.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

REMEMBERED: Final = 4_096


class FoundRight:
    """The newest contents that were found right, by what they are of. Thread-safe; emptied on lock."""

    def __init__(self, entries: int = REMEMBERED) -> None:
        self._entries = entries
        self._known: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, key: Hashable, content: object) -> bool:
        """Tell whether just this content of `key` was found right."""
        return self._known.get(key) == content

    def add(self, key: Hashable, content: object) -> None:
        """Remember a content that nobody changes any more; the oldest goes when there are too many."""
        with self._lock:
            self._known[key] = content
            self._known.move_to_end(key)
            while len(self._known) > self._entries:
                self._known.popitem(last=False)

    def empty(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
