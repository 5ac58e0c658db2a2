"""OpenSSL's libcrypto through cffi, without a compiler: only the functions that `group.py` needs.

The library is the system's own (package libssl3 on Debian), of the series 3. Nothing here computes.
"""

from functools import cache
from typing import Any, Final, NamedTuple

from core.errors import ProofLibraryMissing

LIBRARIES: Final = ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto-3-x64.dll")
DECLARATIONS: Final = """
typedef struct bignum_st BIGNUM;
typedef struct bignum_ctx BN_CTX;
typedef struct ec_group_st EC_GROUP;
typedef struct ec_point_st EC_POINT;
void ERR_clear_error(void);
BN_CTX *BN_CTX_new(void);
void BN_CTX_free(BN_CTX *ctx);
BIGNUM *BN_new(void);
void BN_clear_free(BIGNUM *number);
void BN_clear(BIGNUM *number);
BIGNUM *BN_bin2bn(const unsigned char *bytes, int length, BIGNUM *number);
EC_GROUP *EC_GROUP_new_by_curve_name(int nid);
void EC_GROUP_free(EC_GROUP *group);
int EC_GROUP_set_generator(EC_GROUP *group, const EC_POINT *generator, const BIGNUM *order, const BIGNUM *cofactor);
int EC_GROUP_precompute_mult(EC_GROUP *group, BN_CTX *ctx);
EC_POINT *EC_POINT_new(const EC_GROUP *group);
void EC_POINT_clear_free(EC_POINT *point);
int EC_POINT_add(const EC_GROUP *group, EC_POINT *sum, const EC_POINT *a, const EC_POINT *b, BN_CTX *ctx);
int EC_POINT_dbl(const EC_GROUP *group, EC_POINT *sum, const EC_POINT *a, BN_CTX *ctx);
int EC_POINT_cmp(const EC_GROUP *group, const EC_POINT *a, const EC_POINT *b, BN_CTX *ctx);
int EC_POINT_set_to_infinity(const EC_GROUP *group, EC_POINT *point);
int EC_POINT_is_at_infinity(const EC_GROUP *group, const EC_POINT *point);
int EC_POINT_mul(const EC_GROUP *group, EC_POINT *sum, const BIGNUM *n, const EC_POINT *q, const BIGNUM *m,
                 BN_CTX *ctx);
int EC_POINTs_mul(const EC_GROUP *group, EC_POINT *sum, const BIGNUM *n, size_t count, const EC_POINT *points[],
                  const BIGNUM *numbers[], BN_CTX *ctx);
size_t EC_POINT_point2oct(const EC_GROUP *group, const EC_POINT *point, int form, unsigned char *bytes, size_t length,
                          BN_CTX *ctx);
int EC_POINT_oct2point(const EC_GROUP *group, EC_POINT *point, const unsigned char *bytes, size_t length, BN_CTX *ctx);
"""


class LibCrypto(NamedTuple):
    """The loaded library, and the cffi instance that owns its memory."""

    ffi: Any
    lib: Any


@cache
def load() -> LibCrypto:
    """Return the library, loaded once. Raises ProofLibraryMissing with what to install."""
    from cffi import FFI  # noqa: PLC0415 (its parser of C costs 50 ms: only where a proof is made or checked)

    ffi = FFI()
    ffi.cdef(DECLARATIONS)
    for name in LIBRARIES:
        try:
            return LibCrypto(ffi, ffi.dlopen(name))
        except OSError:
            continue
    raise ProofLibraryMissing(
        "OpenSSL's library libcrypto, series 3, is not on this machine, so no proof can be made or checked.",
        details={"Looked for": ", ".join(LIBRARIES)},
    )
