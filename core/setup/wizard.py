"""The set-up wizard without a window: which step is open, what was chosen, and what may go on.

A wizard draws this. It runs nothing itself: the window runs `plan()` and tells it `step_done`,
`failed` or `finished`. Until `plan()` has run, nothing exists outside this object, so going back or
cancelling leaves nothing half done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from core.access.model import checked_operator_name
from core.access.operator_keys import check_password, password_strength
from core.errors import CitizenZeroError, InvalidInput
from core.setup.model import TOKEN_LABEL, SetupPlan, SetupResult, SetupStep, StepResult, check_label, check_pin
from hsm.secret import Secret


class WizardStep(StrEnum):
    """The steps of the short form, in their order."""

    MODULE = "module"
    TOKEN = "token"  # noqa: S105 (the HSM's token)
    OPERATOR = "operator"
    RUN = "run"
    RESULT = "result"


class SetupCancelled(Exception):  # no error: the person asked for it
    """The person cancelled while the set-up ran: it was undone."""


ORDER = tuple(WizardStep)
SECRET_FIELDS = ("so_pin", "so_pin_again", "pin", "pin_again", "password", "password_again")


@dataclass
class Choices:
    """What was chosen so far, without the secrets."""

    module: Path | None = None
    module_name: str = ""
    token_label: str = TOKEN_LABEL
    own_pins: bool = False
    operator: str = ""
    dual_control: bool = True


class SetupWizard:
    """The state of one set-up. It belongs to one thread, but `problems` may run in a worker while nothing changes."""

    def __init__(self, *, demo: bool = False) -> None:
        self.step = WizardStep.MODULE
        self.choices = Choices()
        self.done: tuple[StepResult, ...] = ()
        self.failure: CitizenZeroError | None = None
        self.result: SetupResult | None = None
        self.running = False
        self.cancel_asked = False
        self._demo = demo
        self._secrets: dict[str, Secret] = {}

    # --- what is typed -----------------------------------------------------------------------------

    def type_secret(self, field: str, text: str) -> None:
        """Keep a password or PIN; what stood there before is wiped."""
        if field not in SECRET_FIELDS:
            raise KeyError(field)
        self._wipe(field)
        if text:
            self._secrets[field] = Secret(text)

    def strength(self, field: str) -> int | None:
        """Return the strength of a typed secret from 0 to 4; None while nothing is typed. Takes some 10 ms."""
        secret = self._secrets.get(field)
        return None if secret is None else password_strength(secret, (self.choices.operator,))

    def problems(self) -> dict[str, str]:
        """Return what keeps the open step from going on: one sentence per field."""
        match self.step:
            case WizardStep.MODULE:
                return self._module_problems()
            case WizardStep.TOKEN:
                return self._token_problems()
            case WizardStep.OPERATOR:
                return self._operator_problems()
            case WizardStep.RUN | WizardStep.RESULT:
                return {}

    # --- moving ------------------------------------------------------------------------------------

    @property
    def may_go_back(self) -> bool:
        """Tell whether there is an earlier step to change: not while it runs, not once the vault is there."""
        return not self.running and self.result is None and self.step is not WizardStep.MODULE

    @property
    def may_go_on(self) -> bool:
        """Tell whether the step can be left forwards, fields aside."""
        if self.step is WizardStep.RUN:
            return self.result is not None
        return self.step is not WizardStep.RESULT

    @property
    def may_cancel(self) -> bool:
        """Tell whether set-up can still be given up."""
        return self.result is None and not self.cancel_asked

    def following(self) -> WizardStep | None:
        """Return the step after the open one."""
        position = ORDER.index(self.step) + 1
        return ORDER[position] if position < len(ORDER) else None

    def go_on(self) -> None:
        """Open the next step. Raises InvalidInput while `problems` has any."""
        problems = self.problems()
        following = self.following()
        if problems or following is None or not self.may_go_on:
            raise InvalidInput(next(iter(problems.values()), "This step is not done yet."))
        self.step = following

    def go_back(self) -> None:
        """Open the step before; what was typed stays. A failed run is forgotten."""
        if self.may_go_back:
            self.step = ORDER[ORDER.index(self.step) - 1]
            self.failure = None
            self.done = ()

    def cancel(self) -> None:
        """Give up. A set-up that runs stops after its present step and is undone; else all is forgotten at once."""
        self.cancel_asked = True
        if not self.running:
            self.wipe()

    # --- running -----------------------------------------------------------------------------------

    def start(self) -> SetupPlan:
        """Return the plan to run; from now on there is no way back until it ends."""
        if self.step is not WizardStep.RUN or self.running:
            raise InvalidInput("Set-up runs already, or its steps are not done.")
        self.running, self.failure, self.done, self.cancel_asked = True, None, (), False
        return self.plan()

    def plan(self) -> SetupPlan:
        """Return what is to be set up."""
        choices = self.choices
        if choices.module is None:
            raise InvalidInput("Choose a module.", field="module")
        return SetupPlan(
            operator=choices.operator,
            password=self._secrets["password"],
            module=choices.module,
            token_label=choices.token_label,
            pin=self._secrets["pin"] if choices.own_pins else None,
            so_pin=self._secrets["so_pin"] if choices.own_pins else None,
            dual_control=choices.dual_control,
            demo=self._demo,
        )

    def step_done(self, result: StepResult) -> None:
        """Note a step of the run."""
        self.done = (*self.done, result)

    def check_cancelled(self, result: StepResult) -> None:
        """Raise SetupCancelled when the person gave up; the last step's vault stays. For the worker thread."""
        if self.cancel_asked and result.step is not SetupStep.CHECK:
            raise SetupCancelled

    def current_run_step(self) -> SetupStep | None:
        """Return the step that runs now, or at which it failed."""
        waiting = tuple(SetupStep)[len(self.done) :]
        return waiting[0] if waiting and (self.running or self.failure is not None) else None

    def failed(self, error: CitizenZeroError) -> None:
        """Note that the run failed and was undone."""
        self.running = False
        self.failure = error

    def finished(self, result: SetupResult) -> None:
        """Note what was made; the secrets are wiped."""
        self.running = False
        self.result = result
        self.wipe()

    def wipe(self) -> None:
        """Forget every secret that was typed."""
        for field in SECRET_FIELDS:
            self._wipe(field)

    # --- rules -------------------------------------------------------------------------------------

    def _module_problems(self) -> dict[str, str]:
        module = self.choices.module
        if module is None:
            return {"module": "Choose a module."}
        return {} if module.is_file() else {"module": "There is no such file."}

    def _token_problems(self) -> dict[str, str]:
        problems = _problem_of("token_label", lambda: check_label(self.choices.token_label))
        if not self.choices.own_pins:
            return problems
        for field, called in (("so_pin", "security officer's PIN"), ("pin", "PIN")):
            secret = self._secrets.get(field)
            if secret is None:
                problems[field] = "It must be there."
                continue
            problems |= _problem_of(field, partial(check_pin, secret, called))
            problems |= self._repeated(field)
        if not problems and self._secrets["pin"].reveal() == self._secrets["so_pin"].reveal():
            problems["pin"] = "It must differ from the security officer's PIN."
        return problems

    def _operator_problems(self) -> dict[str, str]:
        problems = _problem_of("operator", lambda: checked_operator_name(self.choices.operator))
        password = self._secrets.get("password")
        if password is None:
            return problems | {"password": "It must be there."}
        problems |= _problem_of("password", lambda: check_password(password, (self.choices.operator,)))
        return problems | self._repeated("password")

    def _repeated(self, field: str) -> dict[str, str]:
        again = self._secrets.get(f"{field}_again")
        if again is None or again.reveal() != self._secrets[field].reveal():
            return {f"{field}_again": "The two are not the same."}
        return {}

    def _wipe(self, field: str) -> None:
        secret = self._secrets.pop(field, None)
        if secret is not None:
            secret.wipe()


def _problem_of(field: str, check: Callable[[], object]) -> dict[str, str]:
    try:
        check()
    except InvalidInput as error:
        return {field: error.message}
    return {}
