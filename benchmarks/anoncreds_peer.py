"""The same question answered by AnonCreds: two predicates and one revealed attribute."""

import json
from typing import Any

from anoncreds import (
    Credential,
    CredentialDefinition,
    CredentialOffer,
    CredentialRequest,
    Presentation,
    PresentationRequest,
    PresentCredentials,
    Schema,
    create_link_secret,
    generate_nonce,
)

ISSUER = "did:web:authority.example"
SCHEMA_ID, DEFINITION_ID = f"{ISSUER}/schema", f"{ISSUER}/definition"


class AnonCredsPeer:
    """An issuer, a holder and a verifier of one credential."""

    def __init__(self) -> None:
        self.schema = Schema.create("eligibility", "1.0", ISSUER, ["birth_date", "income", "state"])
        definition, private, proof = CredentialDefinition.create(SCHEMA_ID, self.schema, ISSUER, "d", "CL")
        self.definition, self.secret = definition, create_link_secret()
        offer = CredentialOffer.create(SCHEMA_ID, DEFINITION_ID, proof)
        request, metadata = CredentialRequest.create("entropy", None, definition, self.secret, "secret", offer)
        values = {"birth_date": "19600101", "income": "32000000", "state": "UP"}
        issued = Credential.create(definition, private, offer, request, values)
        self.credential = issued.process(metadata, self.secret, definition)
        self.shown: Any = None
        self.asked: Any = None

    def prove(self, _round: int) -> None:
        """Present: birth date and income by predicates, the state revealed."""
        restricted = [{"cred_def_id": DEFINITION_ID}]
        self.asked = PresentationRequest.load(
            json.dumps(
                {
                    "name": "eligibility",
                    "version": "1.0",
                    "nonce": generate_nonce(),
                    "requested_attributes": {"state": {"name": "state", "restrictions": restricted}},
                    "requested_predicates": {
                        "age": _predicate("birth_date", 19_660_714, restricted),
                        "income": _predicate("income", 50_000_000, restricted),
                    },
                }
            )
        )
        chosen = PresentCredentials()
        chosen.add_attributes(self.credential, "state", reveal=True)
        chosen.add_predicates(self.credential, "age", "income")
        self.shown = Presentation.create(
            self.asked, chosen, {}, self.secret, {SCHEMA_ID: self.schema}, {DEFINITION_ID: self.definition}
        )

    def verify(self, _round: int) -> None:
        """Verify what was presented last."""
        if not self.shown.verify(self.asked, {SCHEMA_ID: self.schema}, {DEFINITION_ID: self.definition}):
            raise AssertionError("the peer refused its own proof")


def _predicate(name: str, bound: int, restricted: list[dict[str, str]]) -> dict[str, Any]:
    return {"name": name, "p_type": "<=", "p_value": bound, "restrictions": restricted}
