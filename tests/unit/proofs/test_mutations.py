"""Each check of the verifier, left out, lets a forgery pass that it alone refuses.

A check that reads a part for those after it cannot be left out quietly: the verifier then falls over,
and no forgery passes either. Those are named, so that no other check hides among them.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.proofs.checks import CHECKS
from core.proofs.claims import Claim, Operator
from core.proofs.examination import Expected
from core.proofs.presentation import MAX_BYTES, Presentation
from core.proofs.prover import Holding, present
from core.proofs.reasons import Reason
from core.proofs.scalars import ORDER, random_scalars
from core.proofs.seen import SeenFile
from core.proofs.transcript import SUITE
from core.proofs.verifier import Verdict, verify
from tests.support import forging
from tests.support.eligibility import NOW, VALUES, Authority, ask, claim, shown

AUTHORITY = Authority()
HOLDING = AUTHORITY.issue()
LIAR = replace(AUTHORITY.issue({**VALUES, "state": 27}), openings=HOLDING.openings)
STATE = claim("state", "==", "UP")
INCOME = claim("income_annual", "<=", 500_000)
READERS = {"form", "credential_form", "held", "normal_form", "relation", "narg", "points"}


class Forgery:
    """A presentation (with what stood around it) and the verifier it is shown to."""

    def __init__(
        self, presentation: Presentation | bytes, claims: Any = (STATE,), around: Any = None, **expected: Any
    ) -> None:
        self.data = presentation if isinstance(presentation, bytes) else presentation.encoded()
        self.expected: Expected = AUTHORITY.expect(claims, **expected)
        self.around = around

    def shown_to(self, *left_out: str) -> Verdict:
        """Return the verdict of a verifier without some checks."""
        checks = [check for check in CHECKS if check.name not in left_out]
        return verify(self.data, self.expected, self.around, checks)


def changed(**part: Any) -> Forgery:
    return Forgery(replace(shown(HOLDING, [STATE]), **part))


def signed(payload: Any = None, protected: Any = None, unprotected: Any = None) -> Holding:
    return forging.resigned(AUTHORITY, HOLDING, payload, protected, unprotected)


def of(holding: Holding) -> Forgery:
    return Forgery(shown(holding, [STATE]))


def small_scalar() -> Forgery:
    """Encode a response twice: z below 2^256 - q stands as z + q too; a bit 0 with nonce 5 answers 5."""

    def draw(count: int) -> list[int]:
        return random_scalars(count) if count == 26 else [5, *random_scalars(count - 1)]

    fresh = present(HOLDING, ask([INCOME]), draw)
    narg, holding = fresh.presentation.narg, HOLDING
    border = 33 * (2 * 26 + 1)
    assert holding.openings[2][0] % 2 == 0
    assert int.from_bytes(narg[border : border + 32], "big") == 5  # 500,000.00 - 320,000.00 is even: bit 0 is 0
    twin = narg[:border] + (5 + ORDER).to_bytes(32, "big") + narg[border + 32 :]
    return Forgery(replace(fresh.presentation, narg=twin), [INCOME])


def opened_by_all() -> Forgery:
    """Commit without blinding: whoever sees the credential can prove its value."""
    bare = AUTHORITY.issue(openings={3: (9, 0)})
    return Forgery(shown(bare, [STATE]))


def replayed(tmp_path: Any) -> Forgery:
    once = SeenFile(tmp_path / "seen").use_once
    genuine = Forgery(shown(HOLDING, [STATE]), use_once=once)
    assert genuine.shown_to().valid
    return genuine


def unasked() -> Forgery:
    other = claim("state", "!=", "MH")
    return Forgery(shown(HOLDING, [other]), [STATE])


def senseless() -> Forgery:
    """Compare a state by order: provable, but no request may ask it."""
    asked = Claim(STATE.attribute, Operator.GE, STATE.operand)
    return Forgery(shown(HOLDING, [asked]), [asked])


def eleven() -> Forgery:
    claims = [STATE] * 11
    return Forgery(shown(HOLDING, claims), claims)


def large() -> Forgery:
    audience = "a" * MAX_BYTES
    return Forgery(shown(HOLDING, [STATE], audience=audience), audience=audience)


def short_nonce() -> Forgery:
    return Forgery(shown(HOLDING, [STATE], nonce=b"short"), nonce=b"short")


def surplus() -> Forgery:
    genuine = shown(HOLDING, [INCOME])
    return Forgery(replace(genuine, own=(genuine.own[0] + genuine.own[0][:33],)), [INCOME])


def around() -> Forgery:
    return Forgery(shown(HOLDING, [STATE]), around={"results": []})


FORGERIES: dict[str, tuple[Callable[[], Forgery], Reason]] = {
    "size": (large, Reason.TOO_LARGE),
    "form": (lambda: Forgery(b"\xa0"), Reason.MALFORMED),
    "version": (lambda: changed(version="vault-elig-proof/2"), Reason.VERSION),
    "claim_count": (eleven, Reason.TOO_MANY_CLAIMS),
    "credential_form": (lambda: changed(credential=b"\xd2\x80"), Reason.CREDENTIAL_MALFORMED),
    "unprotected": (lambda: of(signed(unprotected={4: b"x"})), Reason.CREDENTIAL_MALFORMED),
    "content_type": (lambda: of(signed(protected={3: "application/cbor"})), Reason.CREDENTIAL_MALFORMED),
    "algorithm": (lambda: of(signed(protected={1: -35})), Reason.ALGORITHM),
    "key_id": (lambda: of(signed(protected={4: bytes(8)})), Reason.UNKNOWN_AUTHORITY),
    "authority": (lambda: of(signed({2: bytes(32)})), Reason.UNKNOWN_AUTHORITY),
    "signature": (lambda: of(forging.resigned(Authority(), HOLDING)), Reason.SIGNATURE),
    "credential_version": (lambda: of(signed({1: "vault-elig-cred/2"})), Reason.CREDENTIAL_VERSION),
    "suite": (lambda: of(signed({8: SUITE + "x"})), Reason.CREDENTIAL_VERSION),
    "schema": (lambda: of(signed({6: bytes(32)})), Reason.SCHEMA),
    "credential_lifetime": (lambda: of(AUTHORITY.issue(lifetime=30 * 86400 + 1)), Reason.CREDENTIAL_TOO_LONG),
    "credential_begun": (lambda: of(AUTHORITY.issue(issued=NOW + 61)), Reason.CREDENTIAL_NOT_YET_VALID),
    "credential_not_ended": (lambda: of(AUTHORITY.issue(issued=NOW - 1000, lifetime=939)), Reason.CREDENTIAL_EXPIRED),
    "nonce": (lambda: Forgery(shown(HOLDING, [STATE], nonce=bytes(32))), Reason.NONCE),
    "nonce_length": (short_nonce, Reason.NONCE),
    "audience": (lambda: Forgery(shown(HOLDING, [STATE], audience="somebody else")), Reason.AUDIENCE),
    "window": (lambda: Forgery(shown(HOLDING, [STATE], lifetime=301)), Reason.WINDOW),
    "begun": (lambda: Forgery(shown(HOLDING, [STATE], issued=NOW + 61)), Reason.NOT_YET_VALID),
    "not_ended": (lambda: Forgery(shown(HOLDING, [STATE], issued=NOW - 361)), Reason.EXPIRED),
    "claims": (unasked, Reason.CLAIMS),
    "sensible": (senseless, Reason.CLAIMS),
    "held": (
        lambda: Forgery(replace(shown(HOLDING, [STATE]), credential=AUTHORITY.issue({"gender": 1}).encoded)),
        Reason.ATTRIBUTE_MISSING,
    ),
    "normal_form": (
        lambda: Forgery(replace(shown(HOLDING, [INCOME]), claims=(_beyond(),)), [_beyond()]),
        Reason.IMPOSSIBLE_RESULT,
    ),
    "own_lengths": (surplus, Reason.COMMITMENT_COUNT),
    "relation": (lambda: changed(narg=b""), Reason.PROOF_LENGTH),
    "narg_length": (lambda: changed(narg=shown(HOLDING, [STATE]).narg + b"\0"), Reason.PROOF_LENGTH),
    "narg": (lambda: changed(narg=b"\0" * 65), Reason.POINT),
    "scalars": (small_scalar, Reason.SCALAR),
    "points": (lambda: changed(narg=b"\4" + shown(HOLDING, [STATE]).narg[1:]), Reason.POINT),
    "instance": (opened_by_all, Reason.DEGENERATE),
    "equations": (lambda: Forgery(shown(LIAR, [STATE])), Reason.PROOF),
    "around": (around, Reason.RESPONSE_DIFFERS),
}


def _beyond() -> Any:
    return replace(claim("income_annual", ">", 0), operand=2**40 - 1)


def test_every_check_has_its_forgery() -> None:
    assert {*FORGERIES, "used_once"} == {check.name for check in CHECKS}


@pytest.mark.parametrize("name", sorted(set(FORGERIES) - READERS))
def test_a_forgery_passes_only_without_the_check_that_it_is_made_for(name: str) -> None:
    make, reason = FORGERIES[name]
    forgery = make()
    verdict = forgery.shown_to()
    assert (verdict.reason, verdict.check) == (reason, name)
    assert forgery.shown_to(name).valid


@pytest.mark.parametrize("name", sorted(READERS))
def test_without_a_check_that_reads_the_verifier_accepts_nothing(name: str) -> None:
    make, reason = FORGERIES[name]
    assert make().shown_to().reason is reason
    genuine = Forgery(shown(HOLDING, [STATE]))
    assert genuine.shown_to().valid
    if name == "held":  # reads nothing, but what comes after relies on it
        genuine = make()
    with pytest.raises((AttributeError, KeyError)):
        genuine.shown_to(name)


def test_a_replay_passes_only_without_the_last_check(tmp_path: Any) -> None:
    forgery = replayed(tmp_path)
    assert forgery.shown_to().reason is Reason.REPLAYED
    assert forgery.shown_to("used_once").valid
