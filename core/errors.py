"""The one error tree: every failure that a person can meet, in words.

Each error says what happened, what it means for the data and what to do, has a stable code to quote
and the exit code of `docs/architecture.md` (0 done, 1 fault, 2 input, 3 not found, 4 refused,
5 integrity, 6 HSM, 7 database, 8 audit log). HSM and database exceptions are translated into this
tree once, at their border (`core/vault_token.py`, `core/storage/database.py`).

This module raises nothing itself and knows neither Qt nor the command line.
"""

from collections.abc import Mapping
from typing import ClassVar

UNCHANGED = "Nothing was changed and no personal data was released."


class CitizenZeroError(Exception):
    """A failure with words for people. `message` is one sentence on what happened.

    `meaning` says what it means for the data, `remedy` what to do; `details` are facts for the
    folded part of the dialog: never personal data, never a secret.
    """

    code: ClassVar[str] = "CZ-000"
    exit_code: ClassVar[int] = 1
    default_meaning: ClassVar[str] = UNCHANGED
    default_remedy: ClassVar[str] = "Try again. If it stays, quote the code to whoever maintains the console."

    def __init__(
        self,
        message: str,
        *,
        meaning: str | None = None,
        remedy: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.meaning = self.default_meaning if meaning is None else meaning
        self.remedy = self.default_remedy if remedy is None else remedy
        self.details = dict(details or {})


class UnexpectedFault(CitizenZeroError):
    """A fault of the program itself, met at the outermost border."""

    code = "CZ-APP-001"
    exit_code = 1


class ProofLibraryMissing(CitizenZeroError):
    """OpenSSL's libcrypto, which eligibility proofs are computed with, is missing or computes wrongly."""

    code = "CZ-APP-002"
    default_remedy = "Install OpenSSL 3 (on Debian: `apt install libssl3`), then try again."


# --- 2: usage and input ---------------------------------------------------------------------------


class InvalidInput(CitizenZeroError):
    """Something typed or read is not acceptable. `field` names it; the value itself is never repeated.

    `reason` says why in one stable word, for reports of many values at once.
    """

    code = "CZ-INP-001"
    exit_code = 2
    default_meaning = "Nothing was changed."
    default_remedy = "Correct it and try again."

    def __init__(
        self, message: str, *, field: str | None = None, remedy: str | None = None, reason: str = "not_valid"
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.field = field
        self.reason = reason


class InvalidFields(InvalidInput):
    """Several fields at once are not acceptable; `problems` maps each to one sentence, `reasons` to one word."""

    code = "CZ-INP-002"

    def __init__(self, problems: Mapping[str, str], reasons: Mapping[str, str] | None = None) -> None:
        super().__init__(" ".join(f"{field}: {sentence}" for field, sentence in problems.items()))
        self.problems = dict(problems)
        self.reasons = {field: (reasons or {}).get(field, self.reason) for field in problems}


class AlreadyExists(InvalidInput):
    """What should be made is there already (an Aadhaar number, a home folder, an operator name)."""

    code = "CZ-INP-003"


class NoVaultHere(InvalidInput):
    """The home folder holds no vault yet."""

    code = "CZ-INP-004"
    default_remedy = "Open the console to set one up, or use `citizen-zero init`."


class LineRefused(InvalidInput):
    """A line of a file stopped its import; `rejection` is (line, column, reason word)."""

    code = "CZ-INP-005"

    def __init__(self, message: str, rejection: tuple[int, str, str]) -> None:
        line, column, reason = rejection
        super().__init__(message, field="file", reason=reason, remedy="Correct the line, or have broken lines skipped.")
        self.rejection = (line, column, reason)


# --- 3: not found ---------------------------------------------------------------------------------


class NotFound(CitizenZeroError):
    """What was asked for is not there."""

    code = "CZ-NOT-001"
    exit_code = 3
    default_remedy = "Look at what was typed, then try again."


# --- 4: refused -----------------------------------------------------------------------------------


class Refused(CitizenZeroError):
    """The console could do it, and must not."""

    code = "CZ-REF-001"
    exit_code = 4
    default_remedy = "Ask somebody who may do it."


class SignInRefused(Refused):
    """Operator or password is wrong: the same words for both."""

    code = "CZ-REF-002"
    default_remedy = "Type both again."


class VaultLocked(Refused):
    """The console is locked: an operator must unlock it first."""

    code = "CZ-REF-003"
    default_remedy = "Unlock the console, then try again."


class ChangedMeanwhile(Refused):
    """Somebody else changed the record between reading and writing it."""

    code = "CZ-REF-004"
    default_meaning = "Your change was not stored; the other one stands."
    default_remedy = "Look at the record as it is now, then try again."


class LimitReached(Refused):
    """Something was done as often as the limits allow. `seconds` says in how many it may be done again, if known."""

    code = "CZ-REF-005"
    default_remedy = "Wait, then try again."

    def __init__(
        self,
        message: str,
        *,
        seconds: int | None,
        remedy: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, details=details)
        self.seconds = seconds


class JobRunsElsewhere(Refused):
    """Another process works on the same job."""

    code = "CZ-REF-006"
    default_meaning = "Nothing was done twice: the other process goes on."
    default_remedy = "Wait until it has ended, or cancel it."


class JobCancelled(Refused):
    """A job was cancelled while it ran."""

    code = "CZ-REF-007"
    default_meaning = "What was done before stays. Start it again to go on where it stood."
    default_remedy = "Start it again when you wish."


class ApprovalNeeded(Refused):
    """Another operator must approve this first; the request for it has been filed.

    `approval_id`, `operation` and `expires` (RFC 3339, UTC) are what the command line answers with.
    """

    code = "CZ-REF-020"
    default_meaning = "Nothing was changed yet. The request was filed."

    def __init__(self, approval_id: str, operation: str, expires: str) -> None:
        super().__init__(
            "Another operator must approve this first.",
            remedy=f"Once approval {approval_id} is given, do the same again with --approval {approval_id}.",
            details={"Approval": approval_id, "Operation": operation, "Expires": expires},
        )
        self.approval_id = approval_id
        self.operation = operation
        self.expires = expires


class ApprovalInvalid(Refused):
    """An approval does not serve here: own, used, expired, rejected, another's, or for something else."""

    code = "CZ-REF-021"
    default_remedy = "Ask for a new approval."


class SecondOperatorMissing(Refused):
    """Dual control is on, and no second operator who may approve has joined yet."""

    code = "CZ-REF-022"
    default_remedy = (
        "Invite one with `operator invite NAME --role super_admin`; the invited operator joins with `operator join`."
    )


class InvitationRefused(Refused):
    """An invitation code is unknown, used, expired or meant for another name: the same words for all."""

    code = "CZ-REF-023"
    default_remedy = "Type code and name again. If it has expired or was used, ask for a new invitation."


class SignInPaused(Refused):
    """Too many tries failed under one name: none is taken for a while. `seconds` says how long."""

    code = "CZ-REF-030"
    default_remedy = "Wait until the pause is over, then type both again."

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class SecondFactorNeeded(Refused):
    """The password is right, and this operator has a second factor: its code or touch is missing or wrong."""

    code = "CZ-REF-031"
    default_remedy = "Take the code that your authenticator shows now, or touch your security key."


class LoginSessionEnded(Refused):
    """The login session is over: signed out from elsewhere, too long, or unused for too long."""

    code = "CZ-REF-032"
    default_remedy = "Sign in again."


class ProviderRefused(Refused):
    """The identity provider's answer is not accepted, or does not let this operator in."""

    code = "CZ-REF-033"
    default_remedy = "Try again. If it stays, ask whoever looks after the identity provider."


class ProviderUnavailable(Refused):
    """The identity provider does not answer, or not in time."""

    code = "CZ-REF-034"
    default_remedy = "See that the network works, then try again."


class ReauthenticationNeeded(Refused):
    """The operator must prove the own password again before this."""

    code = "CZ-REF-035"
    default_remedy = "Type your password again, then do it within two minutes."


class BudgetExhausted(Refused):
    """An answer could tell more about a citizen than the policy allows."""

    code = "CZ-REF-040"
    default_meaning = "Nothing was proven, and the stored value was not looked at."
    default_remedy = "Ask something coarser, or rely on the answers that you have."


# --- 5: integrity ---------------------------------------------------------------------------------


class IntegrityFailure(CitizenZeroError):
    """Something stored is not what the console stored: changed, forged, swapped or rolled back."""

    code = "CZ-INT-001"
    exit_code = 5
    default_meaning = "No personal data was released. The record may have been changed outside the console."
    default_remedy = "Do not repair it by hand. Keep the database as it is and call whoever looks into incidents."


class LogIntegrityFailure(IntegrityFailure):
    """The audit log is not what the console wrote."""

    code = "CZ-INT-002"
    default_meaning = "The audit log cannot be relied on from this entry on."


# --- 6: HSM ---------------------------------------------------------------------------------------


class HsmUnavailable(CitizenZeroError):
    """The HSM cannot do what the vault needs."""

    code = "CZ-HSM-000"
    exit_code = 6
    default_remedy = "See that the module has power and is connected, then try again."


class HsmModuleMissing(HsmUnavailable):
    """The module file is not there."""

    code = "CZ-HSM-001"


class HsmModuleInvalid(HsmUnavailable):
    """The file is no PKCS#11 library."""

    code = "CZ-HSM-002"


class HsmNotAnswering(HsmUnavailable):
    """A call passed its deadline, or the worker ended in the middle of it."""

    code = "CZ-HSM-003"


class HsmTokenMissing(HsmUnavailable):
    """No slot holds the vault's token."""

    code = "CZ-HSM-004"


class HsmOtherToken(HsmUnavailable):
    """A token with the right label, but another serial or other keys."""

    code = "CZ-HSM-005"


class HsmPinRefused(HsmUnavailable):
    """The token refused the PIN; it is not tried again."""

    code = "CZ-HSM-006"


class HsmTokenFull(HsmUnavailable):
    """The token has no room for another object."""

    code = "CZ-HSM-007"


class HsmObjectGone(HsmUnavailable):
    """A key that the vault relies on is not in the token."""

    code = "CZ-HSM-008"


# --- 7: database ----------------------------------------------------------------------------------


class DatabaseUnavailable(CitizenZeroError):
    """The database does not answer or refuses what the vault needs."""

    code = "CZ-DB-001"
    exit_code = 7
    default_remedy = "See that the database server runs, then try again."


class DatabaseVersion(DatabaseUnavailable):
    """The schema is newer than this program, or a migration did not run."""

    code = "CZ-DB-002"


class DatabaseContended(DatabaseUnavailable):
    """Two writers waited for each other, and the database ended this one: the same again may succeed."""

    code = "CZ-DB-003"
    default_meaning = "Nothing was changed: the transaction was undone as a whole."
    default_remedy = "Try again."


class SessionStoreUnavailable(DatabaseUnavailable):
    """The store of login sessions (Redis) does not answer or refuses."""

    code = "CZ-DB-004"
    default_remedy = "See that the Redis server of `redis_url` runs and that REDIS_PASSWORD is right, then try again."


# --- 8: audit log ---------------------------------------------------------------------------------


class AuditUnwritable(CitizenZeroError):
    """The audit entry could not be written, so nothing was done."""

    code = "CZ-AUD-001"
    exit_code = 8
    default_remedy = "See that the database has room and that the program's role may write the log, then try again."
