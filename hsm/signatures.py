"""Whether a signature made in a token holds, verified outside of it."""


def holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether `signature` (Ed25519, or P-256 as r || s over SHA-256) is the key's for `message`.

    `public_key` is a SubjectPublicKeyInfo (DER). Anything unreadable does not hold.
    """
    # Imported late: it takes 60 ms, and only preflight and self-test need it.
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    half = len(signature) // 2
    try:
        key = load_der_public_key(public_key)
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
            key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False
