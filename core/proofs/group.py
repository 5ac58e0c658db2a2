"""The group P-256 with two generators, computed by OpenSSL.

G and H are multiplied with precomputed tables in constant time; sums over many points, which only ever
have public scalars, use OpenSSL's interleaved windows. Points travel as 33 bytes, compressed
(SEC 1 2.3.3); the identity has no encoding. Nothing here knows what a proof is.

Every return code is checked. What OpenSSL needs to scribble on belongs to one thread.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from core.errors import ProofLibraryMissing
from core.proofs.libcrypto import LibCrypto, load
from core.proofs.scalars import ORDER, SCALAR_BYTES, encode_scalar

POINT_BYTES: Final = 33
G_ENCODED: Final = bytes.fromhex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
# hash_to_curve("H") of RFC 9380, P256_XMD:SHA-256_SSWU_RO_, DST VAULT-ELIG-V01-GENERATORS-with-<suite>:
# nobody knows its logarithm to the base G. A test derives it.
H_ENCODED: Final = bytes.fromhex("03884a810abe5292410aac584a1f5a7aa0e049cba644adb4f42ad5d8d97915669e")
# 2G + 3H and 7H, computed by an independent implementation: what the self-test at start compares with.
KNOWN_ANSWERS: Final = (
    (2, 3, "028f61ecc448d65926d080da627eaa4536d59abfb6aa66ff96f86b1741bb2ac56d"),
    (ORDER - 1, 0, "026b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
    (0, 7, "035080e66da69b0de80bbb63e193d305c00a27458d92b09550c02d18bfb4f5ae11"),
)

_NID_P256: Final = 415  # NID_X9_62_prime256v1
_COMPRESSED: Final = 2  # POINT_CONVERSION_COMPRESSED
_PREFIXES: Final = (2, 3)
_SMALL: Final = 2**64
_ORDER_BYTES: Final = ORDER.to_bytes(SCALAR_BYTES, "big")


class NotAPoint(ValueError):
    """The bytes are not the compressed encoding of a point on the curve."""


class Points:
    """Decoded points, to be summed; their memory is OpenSSL's and ends with this object."""

    def __init__(self, library: LibCrypto, curve: Any, count: int) -> None:
        ffi, lib = library
        self.count = count
        self.array = ffi.new("EC_POINT *[]", count)
        self._library = library
        for index in range(count):
            self.array[index] = _made(lib.EC_POINT_new(curve))

    def __del__(self) -> None:
        """Give the memory back; a NULL, left by a failed allocation, is ignored by OpenSSL."""
        for point in self.array:
            self._library.lib.EC_POINT_clear_free(point)


class _Scratch(threading.local):
    """What OpenSSL scribbles on: one set a thread, made when the thread first asks."""

    def __init__(self, library: LibCrypto, curve: Any) -> None:
        self._library = library
        ffi, lib = library
        self.context = ffi.gc(_made(lib.BN_CTX_new()), lib.BN_CTX_free)
        self.encoded = ffi.new("unsigned char[]", POINT_BYTES)
        self.points = Points(library, curve, 2)
        self._numbers: list[Any] = []

    def numbers(self, count: int) -> list[Any]:
        """Return the thread's first BIGNUMs, with whatever they hold."""
        ffi, lib = self._library
        while len(self._numbers) < count:
            self._numbers.append(ffi.gc(_made(lib.BN_new()), lib.BN_clear_free))
        return self._numbers[:count]

    def set_numbers(self, values: Sequence[int]) -> list[Any]:
        """Return the thread's first BIGNUMs, set to these scalars."""
        to_number = self._library.lib.BN_bin2bn
        numbers = self.numbers(len(values))
        for number, value in zip(numbers, values, strict=True):
            _made(to_number(encode_scalar(value), SCALAR_BYTES, number))
        return numbers

    def wipe(self, count: int) -> None:
        """Overwrite the first numbers: they held secrets."""
        for number in self._numbers[:count]:
            self._library.lib.BN_clear(number)


class Group:
    """P-256 with the generators G and H. Thread-safe; one object serves the whole process (`p256`)."""

    def __init__(self, library: LibCrypto) -> None:
        self._library = library
        ffi, lib = library
        self._curve = ffi.gc(_made(lib.EC_GROUP_new_by_curve_name(_NID_P256)), lib.EC_GROUP_free)
        self._scratch = _Scratch(library, self._curve)
        self._with_h: Any = None
        self._making = threading.Lock()

    # --- secret scalars: two generators, constant time ---------------------------------------------

    def commit(self, openings: Iterable[tuple[int, int]]) -> list[bytes]:
        """Return the encodings of g*G + h*H for each (g, h). Number and kind of operations do not depend on them.

        Raises ArithmeticError where a sum is the identity, which has no encoding. One loop without helpers: a call of
        Python's costs a tenth of what OpenSSL needs here.
        """
        ffi, lib = self._library
        pairs = [(encode_scalar(g), encode_scalar(h)) for g, h in openings]
        encoded = ffi.new("unsigned char[]", POINT_BYTES * len(pairs))
        scratch, curve, with_h, null = self._scratch, self._curve, self._h_tables(), ffi.NULL
        context, (left, right), (g_number, h_number) = scratch.context, scratch.points.array, scratch.numbers(2)
        multiply, to_number = lib.EC_POINT_mul, lib.BN_bin2bn
        place = encoded
        try:
            for g_bytes, h_bytes in pairs:
                if not (
                    to_number(g_bytes, SCALAR_BYTES, g_number)
                    and to_number(h_bytes, SCALAR_BYTES, h_number)
                    and multiply(curve, left, g_number, null, null, context) == 1
                    and multiply(with_h, right, h_number, null, null, context) == 1
                    and lib.EC_POINT_add(curve, left, left, right, context) == 1
                    and lib.EC_POINT_point2oct(curve, left, _COMPRESSED, place, POINT_BYTES, context) == POINT_BYTES
                ):
                    lib.ERR_clear_error()
                    raise ArithmeticError("the identity has no encoding, or OpenSSL could not compute")
                place += POINT_BYTES
        finally:
            scratch.wipe(2)
        joined = ffi.buffer(encoded)[:]
        return [joined[start : start + POINT_BYTES] for start in range(0, len(joined), POINT_BYTES)]

    def _h_tables(self) -> Any:
        """Return the curve with H as its generator and H's table (33 ms, once): only who commits needs it."""
        with self._making:
            if self._with_h is None:
                ffi, lib = self._library
                curve = ffi.gc(_made(lib.EC_GROUP_new_by_curve_name(_NID_P256)), lib.EC_GROUP_free)
                scratch, h = self._scratch, self.decode([H_ENCODED])
                one = ffi.gc(_made(lib.BN_bin2bn(b"\1", 1, ffi.NULL)), lib.BN_clear_free)
                order = ffi.gc(_made(lib.BN_bin2bn(_ORDER_BYTES, SCALAR_BYTES, ffi.NULL)), lib.BN_clear_free)
                _done(lib.EC_GROUP_set_generator(curve, h.array[0], order, one))
                _done(lib.EC_GROUP_precompute_mult(curve, scratch.context))
                self._with_h = curve
            return self._with_h

    # --- public scalars --------------------------------------------------------------------------

    def decode(self, encodings: Sequence[bytes]) -> Points:
        """Return the points. Raises NotAPoint unless each is 33 bytes, 02 or 03, x below p and on the curve."""
        lib, context, curve = self._library.lib, self._scratch.context, self._curve
        points = Points(self._library, curve, len(encodings))
        read = lib.EC_POINT_oct2point
        for point, encoding in zip(points.array, encodings, strict=True):
            well_formed = len(encoding) == POINT_BYTES and encoding[0] in _PREFIXES
            if not well_formed or read(curve, point, encoding, POINT_BYTES, context) != 1:
                lib.ERR_clear_error()
                raise NotAPoint("not the compressed encoding of a point on the curve")
        return points

    def sum(self, points: Points, scalars: Mapping[int, int], of_generator: int = 0) -> bytes:
        """Return the encoding of of_generator*G plus the sum of scalar*point by index. Not in constant time.

        Raises ArithmeticError for the identity.
        """
        return self._encode(self._sum(points, scalars, of_generator))

    def is_identity(self, points: Points, scalars: Mapping[int, int]) -> bool:
        """Tell whether the sum of scalar*point by index is the identity. Not in constant time.

        Where all scalars are below 2^64 in size, doubling and adding costs a tenth of as many multiplications.
        """
        signed = {index: _signed(value) for index, value in scalars.items()}
        if any(abs(value) >= _SMALL for value in signed.values()):
            return bool(self._library.lib.EC_POINT_is_at_infinity(self._curve, self._sum(points, scalars, 0)))
        left, right = self._scratch.points.array
        self._small_sum(left, points, {index: value for index, value in signed.items() if value > 0})
        self._small_sum(right, points, {index: -value for index, value in signed.items() if value < 0})
        return self._equal(left, right)

    def _small_sum(self, result: Any, points: Points, scalars: Mapping[int, int]) -> None:
        """Set `result` to the sum, by doubling and adding."""
        lib, curve, context = self._library.lib, self._curve, self._scratch.context
        of_bit: defaultdict[int, list[Any]] = defaultdict(list)
        for index, value in scalars.items():
            left = value
            while left:
                of_bit[left.bit_length() - 1].append(points.array[index])
                left -= 1 << (left.bit_length() - 1)
        _done(lib.EC_POINT_set_to_infinity(curve, result))
        for bit in reversed(range(max(of_bit, default=-1) + 1)):
            _done(lib.EC_POINT_dbl(curve, result, result, context))
            for point in of_bit.get(bit, ()):
                _done(lib.EC_POINT_add(curve, result, result, point, context))

    def _sum(self, points: Points, scalars: Mapping[int, int], of_generator: int) -> Any:
        ffi, lib = self._library
        scratch, result = self._scratch, self._scratch.points.array[0]
        *numbers, generator = scratch.set_numbers([*scalars.values(), of_generator])
        chosen = ffi.new("EC_POINT *[]", [points.array[index] for index in scalars])
        _done(
            lib.EC_POINTs_mul(
                self._curve, result, generator, len(numbers), chosen, ffi.new("BIGNUM *[]", numbers), scratch.context
            )
        )
        return result

    def _equal(self, one: Any, other: Any) -> bool:
        answer = self._library.lib.EC_POINT_cmp(self._curve, one, other, self._scratch.context)
        if answer not in {0, 1}:
            raise ArithmeticError("OpenSSL could not compare two points")
        return bool(answer == 0)

    def _encode(self, point: Any) -> bytes:
        ffi, lib = self._library
        encoded, context = self._scratch.encoded, self._scratch.context
        written = lib.EC_POINT_point2oct(self._curve, point, _COMPRESSED, encoded, POINT_BYTES, context)
        if written != POINT_BYTES:
            lib.ERR_clear_error()
            raise ArithmeticError("the identity has no encoding")
        return bytes(ffi.buffer(encoded))


@cache
def p256() -> Group:
    """Return the process's group after a self-test. Raises ProofLibraryMissing."""
    group = Group(load())
    points = group.decode([G_ENCODED, H_ENCODED])
    computed = [group.sum(points, {0: g, 1: h}) for g, h, _ in KNOWN_ANSWERS]
    _compare(computed + [group.sum(points, {1: h}, g) for g, h, _ in KNOWN_ANSWERS])
    return group


@cache
def p256_for_commitments() -> Group:
    """Return the same group after a self-test of the generators' tables too (40 ms, once)."""
    group = p256()
    _compare(group.commit((g, h) for g, h, _ in KNOWN_ANSWERS))
    return group


def _compare(computed: Sequence[bytes]) -> None:
    expected = [bytes.fromhex(answer) for _, _, answer in KNOWN_ANSWERS]
    if any(point != expected[place % len(expected)] for place, point in enumerate(computed)):
        raise ProofLibraryMissing("OpenSSL's library computes other points than it should: it was not used.")


def _signed(value: int) -> int:
    """Return the number of least size that is equal modulo the order."""
    value %= ORDER
    return value - ORDER if value > ORDER // 2 else value


def _made(pointer: Any) -> Any:
    """Return what OpenSSL made. Raises MemoryError for NULL."""
    if not pointer:
        raise MemoryError("OpenSSL had no memory")
    return pointer


def _done(answer: int) -> None:
    if answer != 1:
        raise ArithmeticError("OpenSSL could not compute with these points")
