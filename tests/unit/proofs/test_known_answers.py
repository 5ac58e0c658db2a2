"""The nine known-answer records of the format: every byte of statement, witness and proof."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.proofs.attributes import BY_NAME
from core.proofs.claims import SYMBOLS, Claim, Operator
from core.proofs.credential import ES256
from core.proofs.facts import Kind, direct_fact
from core.proofs.group import H_ENCODED, p256, p256_for_commitments
from core.proofs.presentation import Context, points_of
from core.proofs.prove_relation import prove
from core.proofs.relation import LinearRelation, serialize
from core.proofs.sponge import derive_session_id
from core.proofs.statement import build
from core.proofs.strict_cbor import decode
from core.proofs.verify_relation import equations_hold, is_valid_instance, split
from core.proofs.witness import all_openings, evaluate, witness_of

FILE = json.loads((Path(__file__).parent / "elig-kat-v01.json").read_text())
OPENINGS = {BY_NAME[name].id: (value, int(FILE["blindings"][name], 16)) for name, value in FILE["attributes"].items()}
COMMITMENTS = {BY_NAME[name].id: bytes.fromhex(point) for name, point in FILE["commitments"].items()}


class _Record:
    """One record, with the facts that its claims come to."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.claims = [Claim(BY_NAME[a].id, Operator(SYMBOLS.index(o)), k) for a, o, k in record["claims"]]
        self.facts = [
            direct_fact(claim.attribute, claim.operator if result else claim.operator.negated(), claim.operand)
            for claim, result in zip(self.claims, record["results"], strict=True)
        ]
        self.own = [points_of(bytes.fromhex(own), len(own) // 66) for own in record["bit_commitments"]]
        self.witness = [int(scalar, 16) for scalar in record["witness"]]

    def relation(self) -> LinearRelation:
        """Return the statement."""
        return build(self.facts, COMMITMENTS, self.own)

    def blindings(self) -> list[int]:
        """Return the blindings of the bits, as the record's witness holds them."""
        found, at = [], 0
        for fact in self.facts:
            found += [self.witness[at + 3 * place + 1] for place in range(fact.bits)]
            at += {Kind.EQUAL: 1, Kind.UNEQUAL: 2}.get(fact.kind, 3 * fact.bits + 1)
        return found


RECORDS = [_Record(record) for record in FILE["records"]]
IDS = [record.record["name"] for record in RECORDS]


def test_there_are_nine_records_over_the_same_h() -> None:
    assert len(RECORDS) == 9
    assert FILE["H"] == H_ENCODED.hex()
    assert ES256 == -7


def test_the_commitments_open() -> None:
    assert p256_for_commitments().commit(OPENINGS.values()) == list(COMMITMENTS.values())


@pytest.mark.parametrize("known", RECORDS, ids=IDS)
def test_a_context_is_encoded_as_the_record_says(known: _Record) -> None:
    fields = decode(bytes.fromhex(known.record["ctx"]))
    context = Context(
        fields[2],
        b"",
        fields[4],
        tuple(known.claims),
        tuple(known.record["results"]),
        *(fields[n] for n in range(6, 10)),
    )
    other_credential = decode(context.encoded()) | {3: fields[3]}
    assert other_credential == fields
    assert list(other_credential) == list(fields)


@pytest.mark.parametrize("known", RECORDS, ids=IDS)
def test_a_statement_is_made_as_the_record_says(known: _Record) -> None:
    assert serialize(known.relation()).hex() == known.record["instance"]
    assert derive_session_id(known.record["tag"].encode()).hex() == known.record["session_id"]


@pytest.mark.parametrize("known", RECORDS, ids=IDS)
def test_a_proof_is_made_as_the_record_says(known: _Record) -> None:
    blindings, nonces = iter(known.blindings()), (int(nonce, 16) for nonce in known.record["nonces"])
    witness = witness_of(known.facts, OPENINGS, lambda count: [next(blindings) for _ in range(count)])
    assert witness.scalars == known.witness
    relation, opened = known.relation(), all_openings(known.facts, OPENINGS, witness.own)
    narg = prove(
        known.record["tag"].encode(),
        relation,
        witness.scalars,
        lambda scalars: p256_for_commitments().commit(evaluate(relation, opened, scalars)),
        lambda count: [next(nonces) for _ in range(count)],
    )
    assert narg.hex() == known.record["narg"]


@pytest.mark.parametrize("known", RECORDS, ids=IDS)
def test_a_record_is_accepted_and_not_under_another_tag(known: _Record) -> None:
    relation, tag = known.relation(), known.record["tag"].encode()
    narg = split(relation, bytes.fromhex(known.record["narg"]))
    points = p256().decode((*relation.elements, *narg.commitments))
    assert is_valid_instance(p256(), relation, points)
    assert equations_hold(tag, p256(), relation, points, narg)
    assert not equations_hold(tag + b"0", p256(), relation, points, narg)
