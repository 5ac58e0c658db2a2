"""What the group alone costs: OpenSSL called for just the operations of a proof, on numbers made beforehand."""

import secrets
from typing import Any

from core.proofs.group import H_ENCODED, POINT_BYTES, p256_for_commitments
from core.proofs.libcrypto import load
from core.proofs.scalars import ORDER, random_scalars

NID_P256, COMPRESSED = 415, 2


class GroupFloor:
    """Proving: 6 fixed-base products, 3 sums and 3 encodings a bit. Verifying: 3 decodings and 3 points of a sum."""

    def __init__(self, bits: int) -> None:
        self.ffi, self.lib = load()
        lib, null = self.lib, self.ffi.NULL
        self.context = lib.BN_CTX_new()
        self.curve, self.with_h = (lib.EC_GROUP_new_by_curve_name(NID_P256) for _ in range(2))
        self.one, self.other = (lib.EC_POINT_new(self.curve) for _ in range(2))
        lib.EC_POINT_oct2point(self.curve, self.one, H_ENCODED, POINT_BYTES, self.context)
        order = lib.BN_bin2bn(ORDER.to_bytes(32, "big"), 32, null)
        lib.EC_GROUP_set_generator(self.with_h, self.one, order, lib.BN_bin2bn(b"\1", 1, null))
        lib.EC_GROUP_precompute_mult(self.with_h, self.context)
        self.count = 3 * bits
        self.numbers = [lib.BN_bin2bn(secrets.token_bytes(31), 31, null) for _ in range(self.count)]
        self.number_array = self.ffi.new("BIGNUM *[]", self.numbers)
        self.points = [lib.EC_POINT_new(self.curve) for _ in range(self.count)]
        self.point_array = self.ffi.new("EC_POINT *[]", self.points)
        openings = list(zip(random_scalars(self.count), random_scalars(self.count), strict=True))
        self.encoded = p256_for_commitments().commit(openings)
        self.buffer = self.ffi.new("unsigned char[]", POINT_BYTES)

    def prove(self, _round: int) -> Any:
        """Do the operations of proving."""
        lib, null, context, curve = self.lib, self.ffi.NULL, self.context, self.curve
        for number in self.numbers:
            lib.EC_POINT_mul(curve, self.one, number, null, null, context)
            lib.EC_POINT_mul(self.with_h, self.other, number, null, null, context)
            lib.EC_POINT_add(curve, self.one, self.one, self.other, context)
            lib.EC_POINT_point2oct(curve, self.one, COMPRESSED, self.buffer, POINT_BYTES, context)

    def verify(self, _round: int) -> Any:
        """Do the operations of verifying."""
        lib, context, curve = self.lib, self.context, self.curve
        for point, encoded in zip(self.points, self.encoded, strict=True):
            lib.EC_POINT_oct2point(curve, point, encoded, POINT_BYTES, context)
        lib.EC_POINTs_mul(curve, self.one, self.numbers[0], self.count, self.point_array, self.number_array, context)
