"""Second factors as rows: which of them sign-in asks for, and what lists show of them. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.access.factors import Factor, FactorKind, FactorState, codes_left
from core.errors import IntegrityFailure
from core.storage.seal import SealedRow


def named_factors(operator: SealedRow, factors: Sequence[SealedRow]) -> list[SealedRow]:
    """Return the factors that the operator's row names. Raises IntegrityFailure where one of them is not there."""
    by_id = {item.columns["factor_id"]: item for item in factors if is_active(item)}
    named: list[str] = operator.columns.get("factors") or []
    if any(factor_id not in by_id for factor_id in named) or len(by_id) != len(named):
        raise IntegrityFailure("The second factors of this operator are not what the console stored.")
    return [by_id[factor_id] for factor_id in named]


def secret_purpose(columns: Mapping[str, Any]) -> str:
    """Return what a factor's secret is sealed for: it opens as no other factor's."""
    return f"second factor {columns['factor_id']} {columns['kind']}"


def kind_and_state(item: SealedRow) -> tuple[str, str]:
    """Return what a factor is and how far it has come."""
    return item.columns["kind"], item.columns["state"]


def is_active(item: SealedRow) -> bool:
    """Tell whether a factor has proved itself."""
    return bool(item.columns["state"] == FactorState.ACTIVE.value)


def factor_of(columns: Mapping[str, Any], used: int | None = None) -> Factor:
    """Return a factor without its secret; `used` are the bits of its recovery codes that are used up."""
    kind = FactorKind(columns["kind"])
    return Factor(
        columns["factor_id"],
        columns["operator"],
        kind,
        columns["label"],
        FactorState(columns["state"]),
        columns["created_at"],
        codes_left(used) if kind is FactorKind.RECOVERY and used is not None else None,
    )
