"""A vault of an older schema is brought up to date by a super admin's sign-in, and by nobody else."""

from pathlib import Path

import pytest

from app.bootstrap import open_vault
from app.start import begin
from core.audit.model import EntryFilter, Origin
from core.citizens.model import CitizenFilter
from core.errors import DatabaseVersion
from core.storage.migrate import SCHEMA_VERSION
from hsm.secret import Secret
from tests.integration.vault.test_name_search import forget_name_digests
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RealVault

BACK_TO_0001 = """
    DROP TABLE IF EXISTS operator_invitation, approval, approval_request, setting_change;
    DROP INDEX audit_entry_governance;
    ALTER TABLE operator DROP COLUMN person, DROP COLUMN invited_by, DROP COLUMN disabled_at, DROP COLUMN disabled_by,
        DROP COLUMN pin_pending_sealed;
    DROP TABLE IF EXISTS factor_use, operator_factor, sign_in_try, login_session;
    ALTER TABLE operator DROP COLUMN factors;
    DROP TABLE IF EXISTS job_rejection, job, audit_bin, audit_bin_head, limit_use;
    DROP FUNCTION take_limits;
    DROP FUNCTION count_uses;
    DROP VIEW named_directory;
    DROP POLICY by_state ON directory;
    DROP POLICY by_state ON identity_vault;
    ALTER TABLE directory DISABLE ROW LEVEL SECURITY;
    ALTER TABLE operator DROP COLUMN states;
    DROP TABLE IF EXISTS learning_budget, eligibility_credential;
    DROP SEQUENCE IF EXISTS eligibility_status_index;
    ALTER TABLE directory DROP COLUMN name_digests;
    DROP FUNCTION vault_row;
    UPDATE alembic_version SET version_num = '0001'
"""


def _make_old(real: RealVault) -> None:
    for (token,) in real.sql("SELECT identity_token FROM directory"):
        forget_name_digests(real, token)
    real.sql(BACK_TO_0001)


def test_a_super_admin_who_signs_in_upgrades_the_vault_and_leaves_an_entry(real: RealVault) -> None:
    token = real.enrol({**ASHA, "name": "Olga Before"}).identity_token
    _make_old(real)
    again = open_vault(begin(real.home))
    try:
        real.session = again.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        [entry] = again.services.audit.search(EntryFilter(action="vault:upgrade"), 1)
        assert entry.detail == {"from": "0001", "to": SCHEMA_VERSION}
        assert again.services.citizens.show(real.session, token).identity_token == token
        assert again.services.check.verify(real.session).whole
        again.services.citizens.update(real.session, token, {"district": "Udupi"})
        page = again.services.citizens.find_by_name(real.session, "olga", CitizenFilter())
        assert [record.identity_token for record in page.items] == [token]
    finally:
        again.close()


def test_without_the_owners_password_an_older_vault_is_not_opened(real: RealVault) -> None:
    row = real.vault.services.register.rows()[0]
    [sealed] = real.vault.services.register._sealer.seal([("operator", {**row.columns, "owner_password_sealed": None})])
    change = "UPDATE operator SET owner_password_sealed = NULL, row_seal = %s"
    with real.changed("operator", change, [sealed["row_seal"]]):
        real.sql("UPDATE alembic_version SET version_num = '0001'")
        try:
            with pytest.raises(DatabaseVersion, match="brought to"):
                real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
            assert not real.vault.services.token.open
        finally:
            real.sql("UPDATE alembic_version SET version_num = %s", [SCHEMA_VERSION])
    real.session = real.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)


def test_a_newer_schema_is_refused_before_anybody_signs_in(real: RealVault) -> None:
    with (
        real.changed("alembic_version", "UPDATE alembic_version SET version_num = '9999'"),
        pytest.raises(DatabaseVersion, match="9999"),
    ):
        open_vault(begin(real.home))


def test_the_program_works_with_the_newest_migration(real: RealVault) -> None:
    folder = Path(__file__).parents[3] / "core/storage/migrations/versions"
    assert max(path.name[:4] for path in folder.glob("0*.py")) == SCHEMA_VERSION
