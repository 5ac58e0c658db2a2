"""Published test vectors, with their sources, that the preflight compares a token's answers with."""

from typing import Final


def _hex(text: str) -> bytes:
    return bytes.fromhex(text)


# McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16 (AES-256, associated data);
# the vectors that NIST SP 800-38D refers to.
GCM_KEY: Final = _hex("feffe9928665731c6d6a8f9467308308") * 2
GCM_NONCE: Final = _hex("cafebabefacedbaddecaf888")
GCM_AAD: Final = _hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
GCM_PLAIN: Final = _hex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
GCM_SEALED: Final = _hex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b"
)

# RFC 3394, section 4.6: 256 bits of key data with a 256-bit KEK.
KW_KEK: Final = bytes(range(32))
KW_PLAIN: Final = _hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")
KW_WRAPPED: Final = _hex("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21")

# RFC 5649, section 6: 20 octets of key data with a 192-bit KEK.
KWP_KEK: Final = _hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
KWP_PLAIN: Final = _hex("c37b7e6492584340bed12207808941155068f738")
KWP_WRAPPED: Final = _hex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")

# RFC 4231, test cases 6 and 7. Their keys are long enough for tokens that ask for at least 32 bytes.
HMAC_KEY: Final = b"\xaa" * 131
HMAC_MESSAGE_6: Final = b"Test Using Larger Than Block-Size Key - Hash Key First"
HMAC_6: Final = _hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
HMAC_MESSAGE_7: Final = (
    b"This is a test using a larger than block-size key and a larger than block-size data. "
    b"The key needs to be hashed before being used by the HMAC algorithm."
)
HMAC_7: Final = _hex("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")

# FIPS 180-4, the example "abc" for SHA-256.
SHA256_MESSAGE: Final = b"abc"
SHA256_ABC: Final = _hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
