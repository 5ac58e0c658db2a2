"""Proving and verifying eligibility beside AnonCreds and the raw group, in one interleaved run.

`python -m benchmarks.proofs`; needs the dependency group `benchmarks` (AnonCreds) and `tests/`.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.anoncreds_peer import AnonCredsPeer
from benchmarks.group_floor import GroupFloor
from benchmarks.measure import Step, Timing, interleaved
from core.proofs.ages import day_in_india
from core.proofs.claims import Claim
from core.proofs.facts import facts
from core.proofs.model import ProofRequest
from core.proofs.prover import check_held
from core.proofs.verifier import verify
from tests.support.eligibility import NOW, Authority, claim, shown
from tests.support.vault import ASHA, RealVault, make_vault

THREE = (claim("age", ">=", 60), claim("income_annual", "<=", 500_000), claim("state", "==", "UP"))
TEN = (
    *THREE, claim("land_holding", "<=", 5), claim("bpl_status", "==", True), claim("gender", "!=", "male"),
    claim("marital_status", "==", "married"), claim("dependents_count", ">=", 2), claim("age", "<", 80),
    claim("income_annual", ">", 100_000),
)  # fmt: skip
WIDE = tuple(claim("income_annual", ">=", bound) for bound in (0, 1, 2))  # 40 bits each


def main() -> None:
    """Measure in turns and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proofs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    bits = bits_of(THREE)
    floor, peer = GroupFloor(bits), AnonCredsPeer()
    steps: dict[str, Step] = {"floor prove": floor.prove, "floor verify": floor.verify}
    for name, claims in {"three": THREE, "ten": TEN, "3 x 40 bits": WIDE}.items():
        steps[f"{name} prove"], steps[f"{name} verify"] = both(claims)
    steps |= {"peer prove": peer.prove, "peer verify": peer.verify}
    with tempfile.TemporaryDirectory() as folder:
        vault = make_vault(Path(folder) / "home")
        try:
            steps["use case, three"] = use_case(vault)
            show(interleaved(steps, rounds, warm_up=5), bits)
        finally:
            vault.close()


def both(claims: Sequence[Claim]) -> tuple[Callable[[int], object], Callable[[int], object]]:
    """Return proving (the openings checked first) and verifying of what was proven last, from bytes to verdict."""
    authority = Authority()
    holding = authority.issue()
    last: list[bytes] = []

    def prove(_round: int) -> None:
        check_held(holding, claims)
        last[:] = [shown(holding, claims).encoded()]

    def judge(_round: int) -> None:
        if not verify(last[0], authority.expect(claims)).valid:
            raise AssertionError("the verifier refused a genuine proof")

    return prove, judge


def use_case(vault: RealVault) -> Step:
    """Return the whole use case: intent, record, budget, proof, own verification, outcome, release."""
    token = vault.enrol({**ASHA, "state": "UP"}).identity_token

    def prove(_round: int) -> None:
        request = ProofRequest(THREE, "https://pension.example", os.urandom(32))
        vault.vault.services.proofs.prove(vault.session, token, request)

    return prove


def bits_of(claims: Sequence[Claim]) -> int:
    """Return how many bits the proof of true claims decomposes."""
    day = day_in_india(NOW)
    return sum(fact.bits for asked in claims for fact in facts(asked, True, day))


def show(table: dict[str, Timing], bits: int) -> None:
    """Print times and ratios."""
    print(f"Three claims: {bits} bits. Ten claims: {bits_of(TEN)}. Three of 40 bits: {bits_of(WIDE)}.\n")
    print("| what | p50 ms | P95 ms |\n|---|---|---|")
    for name, timing in table.items():
        print(f"| {name} | {timing.p50:.2f} | {timing.p95:.2f} |")
    for act in ("prove", "verify"):
        three, low, peer = (table[f"{who} {act}"].p50 for who in ("three", "floor", "peer"))
        print(f"\n{act}: {peer / three:.1f} times faster than AnonCreds, {three / low:.2f} times the group's floor.")


if __name__ == "__main__":
    main()
