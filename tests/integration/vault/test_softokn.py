"""A vault on NSS softokn: what its fallbacks change for the vault, and that nothing else changes."""

from pathlib import Path

import pytest

from app.bootstrap import open_vault
from app.start import begin
from core.audit.model import Origin
from core.errors import CitizenZeroError, HsmTokenMissing
from core.setup.model import SetupResult
from core.storage.home import Home
from hsm.secret import Secret
from tests.support.hsm import SOFTOKN
from tests.support.vault import ASHA, OPERATOR, PASSWORD, RealVault, make_vault

pytestmark = pytest.mark.skipif(not SOFTOKN.is_file(), reason="NSS softokn (package libnss3) is not installed")


@pytest.fixture(scope="module")
def module() -> Path:
    """Return softokn."""
    return SOFTOKN


def test_data_keys_are_wrapped_by_kw_and_the_log_is_signed_by_p256(real: RealVault) -> None:
    real.enrol(ASHA)
    assert real.sql("SELECT DISTINCT algorithm FROM data_key") == [("AES-256-KW",)]
    keys = {key.label: key for key in real.vault.services.keys.on_token(real.session)}
    assert keys["cz-log"].key_type == "P-256"


def test_without_the_trusted_rule_there_is_no_backup_key_and_no_recovery_secret(real: RealVault) -> None:
    assert real.sql("SELECT label FROM key_backup") == []
    assert real.sql("SELECT count(*) FROM operator WHERE recovery_secret_sealed IS NOT NULL") == [(0,)]
    keys = real.vault.services.keys.on_token(real.session)
    assert not any(key.trusted for key in keys)
    assert all(key.never_extractable for key in keys if key.key_class != "public")


def test_a_wrapped_key_moved_to_another_citizen_is_found_by_its_row_seal(real: RealVault) -> None:
    first, second = (real.enrol({**ASHA, "aadhaar": None, "pan": None}) for _ in range(2))
    swap = (
        "UPDATE data_key SET wrapped = (SELECT wrapped FROM data_key WHERE identity_token = %s) "
        "WHERE identity_token = %s"
    )
    with real.changed("data_key", swap, [first.identity_token, second.identity_token]):
        verdict = real.vault.services.check.verify(real.session)
        assert not verdict.whole, "AES-256-KW binds no associated data, so only the seal tells"


def test_the_vault_opens_again_from_its_home_alone(real: RealVault) -> None:
    again = open_vault(begin(Home(real.home.path)))
    try:
        session = again.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
        assert again.services.check.verify(session).whole
        again.lock(session)
    finally:
        again.close()


def test_a_home_without_its_token_folder_says_that_the_token_is_missing(tmp_path: Path) -> None:
    made = make_vault(tmp_path / "home", module=SOFTOKN)
    try:
        made.vault.lock(made.session)
        (made.home.path / "nss").rename(tmp_path / "elsewhere")
        with pytest.raises(HsmTokenMissing):
            made.vault.sign_in(OPERATOR, Secret(PASSWORD), Origin.CLI)
    finally:
        made.close()


def test_set_up_says_what_the_module_cannot_do_and_what_that_means(tmp_path: Path) -> None:
    from app.bootstrap import vault_setup
    from core.setup.model import SetupPlan
    from tests.support.vault import destroyed

    home = Home(tmp_path / "home")
    plan = SetupPlan(OPERATOR, Secret(PASSWORD), SOFTOKN)
    with destroyed(home):
        result: SetupResult = vault_setup(home, Origin.CLI).run(plan)
        said = {row.name: row.why for row in result.fallbacks}
    assert "losing the token loses every record" in said["Key backup under the trusted key"]
    assert "P-256" in said["Signed audit log"]
    assert "another medium" in said["Log anchor on the token"]


def test_a_failed_set_up_leaves_no_token_behind(tmp_path: Path) -> None:
    from app.bootstrap import vault_setup
    from core.setup.model import SetupPlan, SetupStep, StepResult

    def fail(result: StepResult) -> None:
        if result.step is SetupStep.KEYS:
            raise CitizenZeroError("stopped by the test")

    home = Home(tmp_path / "home")
    with pytest.raises(CitizenZeroError, match="stopped by the test") as caught:
        vault_setup(home, Origin.CLI).run(SetupPlan(OPERATOR, Secret(PASSWORD), SOFTOKN), fail)
    assert not home.path.exists()
    assert "token stays" not in caught.value.meaning
