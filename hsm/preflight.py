"""What a module can do for the vault: trials from the worker, verified here, and what follows from them.

The rules are pure functions of the trials. Signatures are verified in this process, outside the token.
Nothing is written to the token.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from hsm import model, requests
from hsm.client import HsmClient
from hsm.signatures import holds

_GOOD: Final = ("matches", "passes", "kept", "absent")
_GCM_WORDS: Final = "AES-256-GCM in the token, bound to the identity token"
_KW_WORDS: Final = (
    "AES-256-GCM does not work here. AES-256-KW (RFC 3394) is used; only the row seal binds a data key to its citizen."
)
_SOFTHSM_PIN: Final = "SoftHSM never locks a PIN. The console limits attempts itself: 5, then 15 minutes."
_NO_BACKUP: Final = "So no key is extractable, and none is backed up: losing the token loses every record."
_SOFTOKN_PIN: Final = "NSS never locks a PIN. The console limits attempts itself: 5, then 15 minutes."
_OTHER_PIN: Final = "Not tried, because that would use up attempts. The console limits attempts itself as well."


def run_preflight(client: HsmClient) -> model.PreflightReport:
    """Try everything in the token that the client is logged in to, and draw the conclusions."""
    trials = client.run_trials()
    return conclude([verified(trial) for trial in trials], client.token_facts())


def verified(trial: requests.Trial) -> model.MechanismResult:
    """Return a trial as a row; a signature that does not hold outside the token makes it differ."""
    outcome, note = trial.outcome, trial.note
    if trial.evidence is not None:
        held = holds(trial.evidence.public_key, trial.evidence.message, trial.evidence.signature)
        outcome = outcome if held else "differs"
        note = "Verified outside the token." if held else "The signature does not hold outside the token."
    return model.MechanismResult(trial.name, trial.mechanism, trial.used_for, outcome, trial.milliseconds, note)


def conclude(rows: Sequence[model.MechanismResult], token: model.TokenFacts) -> model.PreflightReport:
    """Return the report: rows as they are, and what the vault will use."""
    works = {row.name: row.outcome in _GOOD for row in rows}
    log_key: model.LogKey = "Ed25519" if works.get("ed25519") and works.get("ed25519-keygen") else "P-256"
    return model.PreflightReport(
        rows=tuple(rows),
        functions=(
            _data_keys(works),
            _needs(works, model.TOKENS_AND_SEARCH, ("hmac",), "HMAC-SHA-256; keys never leave the token"),
            _signed_log(works),
            _needs(works, model.PROOFS_AND_DOCUMENTS, ("p256-keygen", "p256"), "ECDSA P-256"),
            _anchor(works),
            _key_backup(works),
            _rsa(works),
            _pin_lock_out(token),
        ),
        wrap_algorithm=_wrap_algorithm(works),
        log_key=log_key,
        enforces_trusted=works.get("trusted", False) and works.get("oaep-wrap-key", False),
        data_objects=works.get("data", False),
    )


def _wrap_algorithm(works: Mapping[str, bool]) -> str:
    if works.get("gcm"):
        return model.GCM
    if works.get("kw-unwrap") or not works.get("oaep-sha1"):
        return model.KW
    return model.RSA_3072


def _data_keys(works: Mapping[str, bool]) -> model.FunctionResult:
    name = model.DATA_KEYS
    if not works.get("aes-keygen") and not works.get("oaep-sha1"):
        return model.FunctionResult(name, "not_possible", "The token generates neither AES nor RSA keys.")
    if works.get("gcm"):
        return model.FunctionResult(name, "possible", _GCM_WORDS)
    if works.get("kw-unwrap"):
        return model.FunctionResult(name, "another_way", _KW_WORDS)
    if works.get("oaep-sha1"):
        why = "No AES key wrapping works here. RSA-3072-OAEP is used: slower, and without a key backup."
        return model.FunctionResult(name, "another_way", why)
    return model.FunctionResult(name, "not_possible", "No way to wrap a data key gives the known answer.")


def _signed_log(works: Mapping[str, bool]) -> model.FunctionResult:
    name = model.SIGNED_LOG
    if works.get("ed25519-keygen") and works.get("ed25519"):
        return model.FunctionResult(name, "possible", "Ed25519")
    if works.get("p256-keygen") and works.get("p256"):
        return model.FunctionResult(name, "another_way", "Ed25519 does not work here. The log is signed with P-256.")
    return model.FunctionResult(name, "not_possible", "Neither Ed25519 nor P-256 signatures hold.")


def _anchor(works: Mapping[str, bool]) -> model.FunctionResult:
    if works.get("data"):
        return model.FunctionResult("Log anchor on the token", "possible", "Data object, 64 bytes")
    why = "The token refuses data objects. The anchor must be kept on another medium."
    return model.FunctionResult("Log anchor on the token", "another_way", why)


def _key_backup(works: Mapping[str, bool]) -> model.FunctionResult:
    name = "Key backup under the trusted key"
    if not works.get("trusted"):
        why = f"The token lets an untrusted key wrap. {_NO_BACKUP}"
        return model.FunctionResult(name, "not_possible", why)
    if not works.get("oaep-wrap-key"):
        why = f"The token cannot wrap a key under an RSA public key. {_NO_BACKUP}"
        return model.FunctionResult(name, "not_possible", why)
    return model.FunctionResult(name, "possible", "RSA-3072 OAEP; an untrusted wrapping key was refused")


def _rsa(works: Mapping[str, bool]) -> model.FunctionResult:
    name = model.RSA
    if works.get("oaep-sha256"):
        return model.FunctionResult(name, "possible", "OAEP with SHA-256 and SHA-1; the plan leaves RSA out.")
    if works.get("oaep-sha1"):
        why = "OAEP with SHA-256 is refused. Only SHA-1 works, so the plan leaves RSA out."
        return model.FunctionResult(name, "another_way", why)
    return model.FunctionResult(name, "not_possible", "OAEP is refused. The plan does not need it.")


def _pin_lock_out(token: model.TokenFacts) -> model.FunctionResult:
    name = model.PIN_LOCK_OUT
    if token.model.startswith("SoftHSM"):
        return model.FunctionResult(name, "not_possible", _SOFTHSM_PIN)
    if token.manufacturer.startswith("Mozilla"):
        return model.FunctionResult(name, "not_possible", _SOFTOKN_PIN)
    return model.FunctionResult(name, "another_way", _OTHER_PIN)


def _needs(works: Mapping[str, bool], name: str, trials: Sequence[str], words: str) -> model.FunctionResult:
    if all(works.get(trial) for trial in trials):
        return model.FunctionResult(name, "possible", words)
    return model.FunctionResult(name, "not_possible", f"{words}: it does not give the known answer.")
