"""An authority in software, and proofs made to measure: honest ones, and any kind of forged one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.proofs.attributes import BY_NAME
from core.proofs.claims import Claim, Operator, checked_claim
from core.proofs.credential import LIFETIME, assemble, authority_id, payload_of, to_be_signed
from core.proofs.examination import Expected
from core.proofs.group import p256_for_commitments
from core.proofs.presentation import Presentation
from core.proofs.prover import Ask, Holding, present
from core.proofs.reasons import Reason
from core.proofs.scalars import random_scalars
from core.proofs.verifier import Verdict, verify
from core.proofs.witness import Opening

NOW: Final = 1_790_000_000  # 2026-09-21 in India
NONCE: Final = bytes(range(32))
AUDIENCE: Final = "https://pension.example"
TOKEN: Final = "idt_0000000000000000000007"
VALUES: Final[Mapping[str, int]] = {
    "income_annual": 32_000_000, "state": 9, "gender": 2, "bpl_status": 1, "land_holding": 25_000,
    "marital_status": 2, "dependents_count": 3, "birth_date": 21_900,
}  # fmt: skip


@dataclass(frozen=True)
class Authority:
    """An authority whose private key the test holds."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def id(self) -> bytes:
        """Return its id."""
        der = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return authority_id(der)

    def pem(self) -> bytes:
        """Return its public key in PEM."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        """Return r || s."""
        r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def issue(
        self,
        values: Mapping[str, int] = VALUES,
        *,
        token: str = TOKEN,
        issued: int = NOW,
        lifetime: int = LIFETIME,
        openings: Mapping[int, Opening] | None = None,
    ) -> Holding:
        """Return a credential over values (or openings) with what opens it."""
        numbers = {BY_NAME[name].id: value for name, value in values.items()}
        fresh = iter(random_scalars(len(numbers)))
        chosen = openings or {key: (number, next(fresh)) for key, number in sorted(numbers.items())}
        points = p256_for_commitments().commit(chosen.values())
        commitments = dict(zip(chosen, points, strict=True))
        payload = payload_of(self.id, token, issued, issued + lifetime, commitments, 1)
        encoded = assemble(payload, self.id, self.sign(to_be_signed(payload, self.id)))
        return Holding(encoded, self.id, token, commitments, chosen)

    def expect(self, claims: Sequence[Claim], **changed: Any) -> Expected:
        """Return what an honest verifier expects."""
        return replace(Expected(self.private.public_key(), tuple(claims), NONCE, AUDIENCE, NOW), **changed)


def claim(attribute: str, operator: str, value: object) -> Claim:
    """Return a claim as a request would spell it."""
    return checked_claim(attribute, operator, value)


def raw_claim(attribute: str, operator: str, operand: int) -> Claim:
    """Return a claim by the schema's number."""
    return Claim(BY_NAME[attribute].id, Operator(("==", "!=", ">=", "<=", ">", "<").index(operator)), operand)


def ask(claims: Sequence[Claim], **changed: Any) -> Ask:
    """Return an honest verifier's request."""
    return replace(Ask(tuple(claims), NONCE, AUDIENCE, NOW), **changed)


def shown(holding: Holding, claims: Sequence[Claim], **changed: Any) -> Presentation:
    """Return an honest presentation."""
    return present(holding, ask(claims, **changed)).presentation


def judged(authority: Authority, presentation: Presentation, claims: Sequence[Claim], **changed: Any) -> Verdict:
    """Return an honest verifier's verdict."""
    return verify(presentation.encoded(), authority.expect(claims, **changed))


def refused(authority: Authority, presentation: Presentation, claims: Sequence[Claim], **changed: Any) -> Reason | None:
    """Return the reason of an honest verifier's refusal, None if it accepts."""
    return judged(authority, presentation, claims, **changed).reason
