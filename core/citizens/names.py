"""By which prefixes a name is found: pure rules over text.

A name is cut into words at everything that is no letter, mark or digit. Words are brought to one form
(NFKC, case-folded, diacritics kept, joiners dropped); each word of three letters and more is found by
its first 3 to 12. Shorter words and what stands behind the twelfth letter narrow no search.
"""

import re
import unicodedata

from core.errors import InvalidInput

SHORTEST, LONGEST = 3, 12
MOST_WORDS = 8  # that a search takes; the database looks each of them up
_JOINERS = str.maketrans("", "", "\u200b\u200c\u200d\ufeff")
_BREAK = re.compile(r"[\W_]+")


def words(text: str) -> list[str]:
    """Return the different words of a text in normal form, in their order."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(_JOINERS).casefold())
    # Vowel signs of Indic scripts are marks, which `\w` leaves out: they belong to the word.
    kept = "".join(" " if _separates(character) else character for character in folded)
    return list(dict.fromkeys(kept.split()))


def prefixes(name: str) -> list[bytes]:
    """Return every prefix by which a name is found (UTF-8), sorted, each once."""
    found = {
        word[:length].encode()
        for word in words(name)
        for length in range(SHORTEST, min(len(word), LONGEST) + 1)
    }  # fmt: skip
    return sorted(found)


def looked_for(typed: str) -> list[bytes]:
    """Return what a typed text is looked up by: one prefix a word, all of which a name must have.

    Raises InvalidInput when no word has three letters, or there are too many.
    """
    long_enough = [word[:LONGEST].encode() for word in words(typed) if len(word) >= SHORTEST]
    if not long_enough:
        raise InvalidInput("Type at least three letters of a name.", field="name")
    if len(long_enough) > MOST_WORDS:
        raise InvalidInput(f"A search takes at most {MOST_WORDS} words of a name.", field="name")
    return list(dict.fromkeys(long_enough))


def _separates(character: str) -> bool:
    return bool(_BREAK.fullmatch(character)) and not unicodedata.category(character).startswith("M")
