"""The use cases about eligibility proofs: forecast, prove, look back, hand out the authority's key.

Proving reads top to bottom: permission, purpose, limit; intent committed; budget (decided before the value
is looked at); prove; verify the own proof; what was learnt and the entry in one transaction; then release.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from core.access.model import LoginSession, Permission, require
from core.audit.model import Action, Entry, EntryFilter, Outcome, StoredEntry
from core.audit.service import AuditLog
from core.citizens.model import Purpose
from core.citizens.opening import CitizenOpening, OpenCitizen
from core.citizens.reasons import checked_reason
from core.citizens.recording import Recorder
from core.errors import BudgetExhausted, ChangedMeanwhile, IntegrityFailure
from core.proofs import store
from core.proofs.ages import day_in_india
from core.proofs.attributes import BY_ID
from core.proofs.claims import Claim
from core.proofs.examination import Expected, id_of
from core.proofs.facts import committed_attribute
from core.proofs.issuing import CredentialIssuer, StoredCredential
from core.proofs.learning import Forecast, Knowledge
from core.proofs.model import PastProof, ProofAnswer, ProofPreview, ProofRequest
from core.proofs.prover import Ask, check_held, present
from core.proofs.response import response_document
from core.proofs.verifier import Verdict, verify
from core.storage.database import Database
from core.storage.seal import RowSealer, SealedRow
from core.vault_token import VaultToken

LEARNT_COLUMN = "learnt_enc"
HISTORY_LIMIT = 500
HISTORY_OF_ALL = timedelta(days=30)
ATTEMPTS = 8  # as many as may ask about one citizen at the same moment


@dataclass(frozen=True)
class _Known:
    """What has been learnt about a citizen, and the revision of the row that says so (0: none yet)."""

    knowledge: Knowledge
    revision: int


class ProofService:
    """Everything that an operator does with proofs. Thread-safe.

    `take` counts one proof against the limits of the operator and of the citizen (identity token), or refuses;
    a vault whose settings limit nothing gives none.
    """

    def __init__(
        self,
        database: Database,
        token: VaultToken,
        sealer: RowSealer,
        opening: CitizenOpening,
        issuer: CredentialIssuer,
        audit: AuditLog,
        now: Callable[[], datetime],
        take: Callable[[LoginSession, str], None] = lambda _session, _citizen: None,
    ) -> None:
        self._database = database
        self._token = token
        self._sealer = sealer
        self._opening = opening
        self._issuer = issuer
        self._audit = audit
        self._recorder = Recorder(audit)
        self._take = take
        self._now = now

    def prove(
        self,
        session: LoginSession,
        identity_token: str,
        request: ProofRequest,
        purpose: Purpose = Purpose.ELIGIBILITY_CHECK,
        reason: str | None = None,
    ) -> ProofAnswer:
        """Prove each claim true or false, for one audience and nonce.

        Raises BudgetExhausted where an answer could tell too much, InvalidInput for an attribute that the record
        lacks, IntegrityFailure for a corrupted record.
        """
        with self._recorder.recorded(session, Action.PROOF_PROVE, identity_token, purpose):
            require(session, Permission.PROOF_PROVE)
            words = checked_reason(reason, purpose)
            self._take(session, identity_token)
            for _ in range(ATTEMPTS - 1):
                try:
                    return self._prove(session, identity_token, request, purpose, words)
                except ChangedMeanwhile:
                    continue  # another proof about the same citizen was stored first: weigh again with it
            return self._prove(session, identity_token, request, purpose, words)

    def _prove(
        self, session: LoginSession, identity_token: str, request: ProofRequest, purpose: Purpose, reason: str | None
    ) -> ProofAnswer:
        detail = _detail(request)
        intent = self._entry(session, Outcome.INTENT, identity_token, purpose, detail, reason=reason)
        with self._opening.opened(session, identity_token, intent) as citizen:
            stored, known = self._stored(session, citizen)
            now = self._now()
            issued = int(now.timestamp())
            day = day_in_india(issued)
            forecast = known.knowledge.forecast(request.audience, request.claims, day)
            if not forecast.allowed:
                raise _exhausted(forecast)
            authority = self._authority()
            holding = self._issuer.holding(session, citizen, stored, id_of(authority), now)
            check_held(holding, request.claims)
            proven = present(holding, Ask(request.claims, request.nonce, request.audience, issued))
            encoded = proven.presentation.encoded()
            verdict = _verified(encoded, Expected(authority, request.claims, request.nonce, request.audience, issued))
            detail |= {"bits": forecast.rounded, "context": proven.context.hash.hex(), "budget": known.revision + 1}
            detail["intent"] = citizen.intent
            done = self._entry(session, Outcome.DONE, identity_token, purpose, detail)
            learnt = known.knowledge.after(request.audience, verdict.results, day)
            self._remember(session, citizen, learnt, known.revision, done)
        document = response_document(encoded, proven.context)
        return ProofAnswer(identity_token, verdict.results, encoded, document, forecast)

    def forecast(self, session: LoginSession, identity_token: str, request: ProofRequest) -> ProofPreview:
        """Return what a question could tell and what was learnt before. Leaves an entry; looks at no attribute."""
        with self._recorder.recorded(session, Action.PROOF_FORECAST, identity_token):
            require(session, Permission.PROOF_PROVE)
            intent = self._recorder.entry(
                session, Action.PROOF_FORECAST, Outcome.DONE, identity_token, detail=_detail(request)
            )
            with self._opening.opened(session, identity_token, intent) as citizen:
                known = self._stored(session, citizen)[1].knowledge
            day = day_in_india(int(self._now().timestamp()))
            return ProofPreview(known.forecast(request.audience, request.claims, day), tuple(known.summary(day)))

    def history(self, session: LoginSession, identity_token: str | None = None, limit: int = 100) -> list[PastProof]:
        """Return the proofs made last, newest first: about one citizen, or in the last 30 days about all.

        Of citizens of states that are not the operator's, as of citizens whom nobody knows, there are none.
        """
        require(session, Permission.PROOF_PROVE)
        since = self._now() - HISTORY_OF_ALL if identity_token is None else None
        wanted = EntryFilter(
            action=Action.PROOF_PROVE, outcome=Outcome.DONE, identity_token=identity_token, since=since
        )
        limit = min(limit, HISTORY_LIMIT)
        found: list[PastProof] = []
        while entries := self._audit.search(wanted, HISTORY_LIMIT if session.states is not None else limit):
            found += [_past(entry) for entry in self._seen(session, entries)]
            if session.states is None or len(found) >= limit or len(entries) < HISTORY_LIMIT:
                break
            wanted = replace(wanted, before=entries[-1].index)
        return found[:limit]

    def _seen(self, session: LoginSession, entries: Sequence[StoredEntry]) -> list[StoredEntry]:
        """Return those about citizens whom the operator may see: all, for one who is bound to no state."""
        if session.states is None:
            return list(entries)
        tokens = list(dict.fromkeys(entry.identity_token for entry in entries if entry.identity_token is not None))
        there = self._opening.revisions_of(session, tokens)
        return [entry for entry in entries if entry.identity_token in there]

    def authority(self, session: LoginSession) -> tuple[bytes, bytes]:
        """Return the authority's public key in PEM, which verifiers pin, and its id."""
        require(session, Permission.PROOF_PROVE)
        key = self._authority()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), id_of(key)

    # --- shared ----------------------------------------------------------------------------------

    def _stored(self, session: LoginSession, citizen: OpenCitizen) -> tuple[StoredCredential, _Known]:
        """Return the citizen's two rows, their seals checked, the budget's revision compared with the log's word.

        The log is read first: a proof that is stored in between makes the row newer than it, never older.
        """
        token = citizen.identity_token
        wanted = EntryFilter(action=Action.PROOF_PROVE, outcome=Outcome.DONE, identity_token=token)
        logged = max((int(entry.detail["budget"]) for entry in self._audit.search(wanted, 1)), default=0)
        with self._database.snapshot(session.seeing) as connection:
            credential, budget = (store.row_of(connection, table, token) for table in store.TABLES)
        self._sealer.check([row for row in (credential, budget) if row is not None])
        revision = 0 if budget is None else int(budget.columns["revision"])
        if revision < logged:
            raise IntegrityFailure(
                f"What was learnt about {token} is not what the log says: its row was taken out or put back."
            )
        return StoredCredential(credential), _Known(self._knowledge(citizen, budget), revision)

    @staticmethod
    def _knowledge(citizen: OpenCitizen, row: SealedRow | None) -> Knowledge:
        if row is None:
            return Knowledge()
        return Knowledge.read(citizen.open(LEARNT_COLUMN, bytes(row.columns[LEARNT_COLUMN])))

    def _remember(
        self, session: LoginSession, citizen: OpenCitizen, learnt: Knowledge, revision: int, entry: Entry
    ) -> None:
        columns: dict[str, Any] = {
            "identity_token": citizen.identity_token,
            "data_key_id": citizen.data_key_id,
            LEARNT_COLUMN: citizen.seal(LEARNT_COLUMN, learnt.stored()),
            "revision": revision + 1,
        }
        [row] = self._sealer.seal([(store.budget.name, columns)])
        quicker = ChangedMeanwhile("Another proof about this citizen was made at the same moment.")
        with self._database.transaction({"learning_budget_pkey": quicker}, seeing=session.seeing) as connection:
            if not store.put(connection, store.budget, row):
                raise quicker
            self._audit.append(connection, entry)

    def _authority(self) -> ec.EllipticCurvePublicKey:
        key = load_der_public_key(self._token.authority_key())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise IntegrityFailure("The authority's key on the token is not a P-256 key.")
        return key

    def _entry(
        self,
        session: LoginSession,
        outcome: Outcome,
        identity_token: str,
        purpose: Purpose,
        detail: dict[str, Any],
        reason: str | None = None,
    ) -> Entry:
        return self._recorder.entry(
            session,
            Action.PROOF_PROVE,
            outcome,
            identity_token,
            purpose=purpose.value,
            reason=reason,
            detail=dict(detail),
        )


def _verified(encoded: bytes, expected: Expected) -> Verdict:
    """Verify the own proof as its audience will. Raises IntegrityFailure where it does not hold."""
    verdict = verify(encoded, expected)
    if not verdict.valid:
        raise IntegrityFailure(
            "The proof that was made does not hold, so it was not released.", details={"Check": verdict.check}
        )
    return verdict


def asked_attributes(claims: Sequence[Claim]) -> list[int]:
    """Return the ids of the attributes that claims are about, each once."""
    return list(dict.fromkeys(committed_attribute(claim) for claim in claims))


def _detail(request: ProofRequest) -> dict[str, Any]:
    return {"attributes": asked_attributes(request.claims), "audience": request.audience}


def _exhausted(forecast: Forecast) -> BudgetExhausted:
    names = ", ".join(forecast.too_much)
    return BudgetExhausted(
        f"An answer could tell more about {names} than the policy allows.",
        details={"Attributes": names, "Audience": forecast.audience},
    )


def _past(entry: StoredEntry) -> PastProof:
    detail = entry.detail
    return PastProof(
        entry.index,
        entry.time,
        entry.operator,
        entry.identity_token or "",
        str(detail.get("audience", "")),
        tuple(BY_ID[key].name for key in detail.get("attributes", ()) if key in BY_ID),
        int(detail.get("bits", 0)),
        str(detail.get("context", "")),
    )
