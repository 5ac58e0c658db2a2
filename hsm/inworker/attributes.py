"""Key templates as PKCS#11 attributes, key generation from them, and facts read back.

CKA_VALUE is never among the attributes asked for here.
"""

from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag

from hsm import errors, model
from hsm.inworker.translation import translated
from hsm.templates import KeyKind, KeyTemplate

P256_PARAMETERS: Final = bytes.fromhex("06082a8648ce3d030107")  # OID 1.2.840.10045.3.1.7
# SoftHSM takes both forms, PKCS#11 3.0 prefers the name, PKCS#11 3.1 and some vendors the OID.
ED25519_PARAMETERS: Final = (b"\x13\x0cedwards25519", bytes.fromhex("06032b6570"))

_CRYPT: Final = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
_WRAP: Final = MechanismFlag.WRAP | MechanismFlag.UNWRAP
_SIGN: Final = MechanismFlag.SIGN | MechanismFlag.VERIFY
_SECRET_KINDS: Final = {
    KeyKind.KEK_GCM: (KeyType.AES, _CRYPT),
    KeyKind.KEK_KW: (KeyType.AES, _WRAP),
    KeyKind.HMAC: (KeyType.GENERIC_SECRET, _SIGN),
}
_RSA_BITS: Final = {KeyKind.KEK_RSA_2048: 2048, KeyKind.KEK_RSA_3072: 3072}
_TEMPLATE_REFUSED: Final = (
    pkcs11.exceptions.AttributeTypeInvalid,
    pkcs11.exceptions.AttributeValueInvalid,
    pkcs11.exceptions.AttributeReadOnly,
    pkcs11.exceptions.TemplateInconsistent,
)
_ID_BYTES: Final = 8


def generate(session: Any, template: KeyTemplate, *, store: bool = True) -> list[Any]:
    """Generate the key (one object, or private then public) and return it; `store` puts it on the token.

    The result is checked: a token that ignores SENSITIVE or EXTRACTABLE must not hold a vault key.
    """
    with translated(f"generate the key {template.label}", creating=True):
        try:
            objects = _generate(session, template, store=store, unmodifiable={Attribute.MODIFIABLE: False})
        except _TEMPLATE_REFUSED:  # some tokens do not let MODIFIABLE be chosen
            objects = _generate(session, template, store=store, unmodifiable={})
    facts = key_facts(objects[0])
    if not facts.sensitive or facts.extractable != template.extractable_under_trusted:
        for item in objects:
            item.destroy()
        raise errors.MechanismFailed(
            f"The token did not make the key {template.label} as asked, so it was destroyed.",
            {"Sensitive": str(facts.sensitive), "Extractable": str(facts.extractable)},
        )
    return objects


def _generate(session: Any, template: KeyTemplate, *, store: bool, unmodifiable: dict[Any, bool]) -> list[Any]:
    created_id = session.generate_random(_ID_BYTES * 8)
    common: dict[str, Any] = {"id": created_id, "label": template.label, "store": store}
    secrecy = {
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: template.extractable_under_trusted,
        **unmodifiable,
    }
    if template.extractable_under_trusted:
        secrecy[Attribute.WRAP_WITH_TRUSTED] = True
    if template.kind in _SECRET_KINDS:
        key_type, use = _SECRET_KINDS[template.kind]
        return [session.generate_key(key_type, 256, capabilities=use, template=secrecy, **common)]
    openness = {Attribute.PRIVATE: False, **unmodifiable}
    pair: dict[str, Any] = {"private_template": secrecy, "public_template": openness, **common}
    if template.kind in _RSA_BITS:
        bits = _RSA_BITS[template.kind]
        public, private = session.generate_keypair(KeyType.RSA, bits, capabilities=_CRYPT, **pair)
    elif template.kind is KeyKind.P256:
        public, private = _curve_pair(session, KeyType.EC, P256_PARAMETERS, pair)
    else:
        public, private = _ed25519_pair(session, pair)
    return [private, public]


def _ed25519_pair(session: Any, pair: dict[str, Any]) -> Any:
    try:
        return _curve_pair(session, KeyType.EC_EDWARDS, ED25519_PARAMETERS[0], pair)
    except pkcs11.exceptions.PKCS11Error:
        return _curve_pair(session, KeyType.EC_EDWARDS, ED25519_PARAMETERS[1], pair)


def _curve_pair(session: Any, key_type: Any, parameters: bytes, pair: dict[str, Any]) -> Any:
    mechanism = Mechanism.EC_KEY_PAIR_GEN if key_type is KeyType.EC else Mechanism.EC_EDWARDS_KEY_PAIR_GEN
    curve = session.create_domain_parameters(key_type, {Attribute.EC_PARAMS: parameters}, local=True)
    return curve.generate_keypair(mechanism=mechanism, capabilities=_SIGN, **pair)


def label_of(item: Any) -> str:
    """Return an object's label, or an empty text."""
    return str(_read(item, Attribute.LABEL, ""))


def key_facts(item: Any) -> model.KeyFacts:
    """Read what may be known of a key object."""
    if isinstance(item, pkcs11.PrivateKey):
        key_class: model.KeyClass = "private"
    else:
        key_class = "public" if isinstance(item, pkcs11.PublicKey) else "secret"
    key_type, size = _type_and_size(item)

    def is_set(attribute: Any) -> bool:
        return bool(_read(item, attribute, False))

    return model.KeyFacts(
        label=label_of(item),
        key_class=key_class,
        key_type=key_type,
        size=size,
        sensitive=key_class != "public" and is_set(Attribute.SENSITIVE),
        extractable=key_class != "public" and is_set(Attribute.EXTRACTABLE),
        wrap_with_trusted=key_class != "public" and is_set(Attribute.WRAP_WITH_TRUSTED),
        always_sensitive=key_class != "public" and is_set(Attribute.ALWAYS_SENSITIVE),
        never_extractable=key_class != "public" and is_set(Attribute.NEVER_EXTRACTABLE),
        local=is_set(Attribute.LOCAL),
        trusted=key_class == "public" and is_set(Attribute.TRUSTED),
        modifiable=is_set(Attribute.MODIFIABLE),
        created_id=bytes(_read(item, Attribute.ID, b"")).hex(),
    )


def _type_and_size(item: Any) -> tuple[model.KeyType, int]:
    key_type = _read(item, Attribute.KEY_TYPE, None)
    if key_type in {KeyType.AES, KeyType.GENERIC_SECRET}:
        name: model.KeyType = "AES" if key_type is KeyType.AES else "generic secret"
        return name, 8 * int(_read(item, Attribute.VALUE_LEN, 0))
    if key_type is KeyType.RSA:
        return "RSA", 8 * len(bytes(_read(item, Attribute.MODULUS, b"")).lstrip(b"\0"))
    if key_type is KeyType.EC and _read(item, Attribute.EC_PARAMS, b"") == P256_PARAMETERS:
        return "P-256", 256
    if key_type is KeyType.EC_EDWARDS and _read(item, Attribute.EC_PARAMS, b"") in ED25519_PARAMETERS:
        return "Ed25519", 256
    return "other", 0


def _read(item: Any, attribute: Any, missing: Any) -> Any:
    """Return an attribute, or `missing` where the token has none or gives a value of its own kind."""
    try:
        return item[attribute]
    except (pkcs11.exceptions.PKCS11Error, ValueError, UnicodeDecodeError):
        return missing
