"""What the CFRG drafts' records need beyond the product: their parser, their seeded nonces, the compact flavour.

The records are public data of third parties, read in place: `CITIZEN_ZERO_VECTORS` names their folder.
"""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.proofs.group import G_ENCODED, NotAPoint, p256
from core.proofs.prove_relation import prove
from core.proofs.relation import Equation, LinearRelation, serialize
from core.proofs.scalars import ORDER, WIDE_BYTES, decode_scalar, encode_scalar
from core.proofs.sponge import DuplexSponge, decode_uint, derive_session_id
from core.proofs.transcript import SUITE, derive_challenge
from core.proofs.verify_relation import equations_hold, is_valid_instance, narg_length, split


def records(name: str) -> list[dict[str, Any]]:
    """Return the records of one file, or skip where they are not there."""
    folder = os.environ.get("CITIZEN_ZERO_VECTORS")
    if not folder:
        pytest.skip("CITIZEN_ZERO_VECTORS does not name the folder of the drafts' vectors", allow_module_level=True)
    found: list[dict[str, Any]] = json.loads((Path(folder) / name).read_text())
    return found


class TestDRNG:
    """The drafts' deterministic nonces."""

    __test__ = False

    def __init__(self, tag: str) -> None:
        self._sponge = DuplexSponge(derive_session_id(tag.encode()))

    def __call__(self, count: int) -> list[int]:
        """Return the next scalars."""
        return [decode_uint(self._sponge.squeeze(WIDE_BYTES), ORDER) for _ in range(count)]


def nonces_of(record: dict[str, Any]) -> TestDRNG:
    """Return the nonces that a record was made with."""
    flavour = "DSFS" if record["Flavor"] == "batchable" else "CMPT"
    return TestDRNG(f"TestDRNG-SIGMA-PROOFS-{flavour}-{SUITE}-{record['Relation']}")


def parse(data: bytes) -> LinearRelation:
    """Return a serialised relation. Raises ValueError for anything that does not parse."""
    position = 0

    def take(count: int) -> bytes:
        nonlocal position
        position += count
        if position > len(data):
            raise ValueError("truncated")
        return data[position - count : position]

    def index() -> int:
        return int.from_bytes(take(4), "little")

    equations = []
    for _ in range(index()):
        image = tuple((index(), decode_scalar(take(32))) for _ in range(index()))
        terms = tuple((index(), index(), decode_scalar(take(32))) for _ in range(index()))
        equations.append(Equation(image, terms))
    rest = data[position:]
    return LinearRelation(
        (G_ENCODED, *(rest[start : start + 33] for start in range(0, len(rest), 33))), tuple(equations)
    )


def evaluator(relation: LinearRelation) -> Callable[[Sequence[int]], list[bytes]]:
    """Return what evaluates the relation's right-hand sides: slow, from the elements alone."""
    points = p256().decode(relation.elements)

    def evaluate(scalars: Sequence[int]) -> list[bytes]:
        result = []
        for row in relation.equations:
            total: dict[int, int] = {}
            for scalar, element, coefficient in row.terms:
                total[element] = total.get(element, 0) + scalars[scalar] * coefficient
            result.append(p256().sum(points, total))
        return result

    return evaluate


def prove_record(record: dict[str, Any]) -> bytes:
    """Make the record's argument again."""
    relation = parse(bytes.fromhex(record["Instance"]))
    words = record["Witness"]
    witness = [int(words[start : start + 64], 16) for start in range(0, len(words), 64)]
    tag, draw = record["Tag"].encode(), nonces_of(record)
    batchable = prove(tag, relation, witness, evaluator(relation), draw)
    if record["Flavor"] == "batchable":
        return batchable
    border = 33 * len(relation.equations)
    challenge = derive_challenge(derive_session_id(tag), serialize(relation), batchable[:border])
    return encode_scalar(challenge) + batchable[border:]


def accepts(record: dict[str, Any]) -> bool:
    """Tell whether a verifier of the record's flavour accepts it."""
    tag, narg = record["Tag"].encode(), bytes.fromhex(record["NargString"])
    try:
        relation = parse(bytes.fromhex(record["Instance"]))
        elements = p256().decode(relation.elements)
        if not is_valid_instance(p256(), relation, elements):
            return False
        if record["Flavor"] == "batchable":
            return _accepts_batchable(tag, relation, narg)
        return _accepts_compact(tag, relation, narg)
    except (ValueError, NotAPoint, ArithmeticError):
        return False


def _accepts_batchable(tag: bytes, relation: LinearRelation, narg: bytes) -> bool:
    if len(narg) != narg_length(relation):
        return False
    parts = split(relation, narg)
    for response in parts.responses:
        decode_scalar(response)
    points = p256().decode((*relation.elements, *parts.commitments))
    return equations_hold(tag, p256(), relation, points, parts)


def _accepts_compact(tag: bytes, relation: LinearRelation, narg: bytes) -> bool:
    if len(narg) != 32 * (1 + relation.scalar_count):
        return False
    challenge, *responses = (decode_scalar(narg[start : start + 32]) for start in range(0, len(narg), 32))
    points, commitments = p256().decode(relation.elements), []
    for row in relation.equations:
        total: dict[int, int] = {}
        for element, coefficient in row.image:
            total[element] = total.get(element, 0) - challenge * coefficient
        for scalar, element, coefficient in row.terms:
            total[element] = total.get(element, 0) + responses[scalar] * coefficient
        commitments.append(p256().sum(points, total))
    return challenge == derive_challenge(derive_session_id(tag), serialize(relation), b"".join(commitments))
