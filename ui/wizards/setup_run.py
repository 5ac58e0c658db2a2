"""The pages of the set-up wizard on which it happens: each step's result live, then what was made."""

from collections.abc import Mapping
from pathlib import Path

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame

from core.setup.model import SetupResult, SetupStep, StepResult
from core.setup.wizard import SetupWizard
from ui.error_report import said
from ui.theme.theme import Theme
from ui.widgets.banner import Banner
from ui.widgets.card import Card
from ui.widgets.cell_model import Cell, Column, RowsModel
from ui.widgets.data_table import DataTable
from ui.widgets.facts import FactRow
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import column, line, row
from ui.wizards.frame import STEP_LOOKS, StepState, WizardPage

_TITLE_WIDTH = 176


class RunPage(WizardPage):
    """What will be done, and each step's result as it comes. `refresh()` shows the state machine as it is."""

    def __init__(self, theme: Theme, wizard: SetupWizard, home: Path) -> None:
        super().__init__(
            theme, self.tr("Run"), self.tr("Seven steps, about two seconds. If one fails, everything is undone.")
        )
        self._theme = theme
        self._wizard = wizard
        self.banner = Banner(theme, "danger", " ", " ", name="setup_failure")
        self.banner.hide()
        self.banners.addWidget(self.banner)
        card = Card(theme, self.tr("Steps"), ruled=True, flush=True)
        card.body.setSpacing(0)
        self.rows: dict[SetupStep, _RunRow] = {}
        for step in SetupStep:
            if self.rows:
                card.body.addWidget(line())
            self.rows[step] = _RunRow(theme, _titles()[step], _promises()[step])
            card.body.addWidget(self.rows[step])
        self.main.addWidget(card)
        plan = Card(theme, self.tr("Plan"))
        self._facts: Mapping[str, FactRow] = {
            "module": FactRow(theme, self.tr("Module")),
            "token": FactRow(theme, self.tr("Token"), role="mono"),
            "pins": FactRow(theme, self.tr("PINs")),
            "operator": FactRow(theme, self.tr("Operator")),
            "dual": FactRow(theme, self.tr("Dual control")),
        }
        facts = [*self._facts.values(), FactRow(theme, self.tr("Home"), str(home))]
        plan.body.addLayout(column(*facts, spacing=6))
        self.aside.addWidget(plan)

    def refresh(self) -> None:
        """Show where the set-up stands."""
        wizard, choices = self._wizard, self._wizard.choices
        self._facts["module"].set_value(choices.module_name)
        self._facts["token"].set_value(choices.token_label)
        self._facts["pins"].set_value(self.tr("typed by you") if choices.own_pins else self.tr("made by the console"))
        self._facts["operator"].set_value(choices.operator)
        self._facts["dual"].set_value(self.tr("on") if choices.dual_control else self.tr("off"))
        done = {result.step: result for result in wizard.done}
        present = wizard.current_run_step()
        for step, piece in self.rows.items():
            if step in done:
                piece.show_done(done[step])
            elif step is present:
                piece.show_state(StepState.NOW if wizard.running else StepState.FAILED)
            else:
                piece.show_state(StepState.AHEAD)
        self._show_banner()

    def _show_banner(self) -> None:
        failure = self._wizard.failure
        if failure is not None:
            words = f"{said(failure.meaning)} {said(failure.remedy)} ({failure.code})"
            self.banner.set_words(said(failure.message), words, kind="danger")
        elif self._wizard.result is not None:
            self.banner.set_words(
                self.tr("The vault is set up"),
                self.tr("Every step was done and tried: the vault was opened once as you will open it."),
                kind="success",
            )
        self.banner.setVisible(failure is not None or self._wizard.result is not None)


class ResultPage(WizardPage):
    """What was made: facts to write down, and a check value for each key."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme,
            self.tr("Result"),
            self.tr("Write down the serial and the check values: they tell this vault's token from any other."),
        )
        self._theme = theme
        self.second = Banner(
            theme,
            "warning",
            self.tr("Now invite the second super admin"),
            self.tr("Before that one has joined, no personal data is served. You invite by a code, shown once."),
            name="second_operator",
        )
        self.main.addWidget(self.second)
        card = Card(theme, self.tr("The vault"))
        self._facts: dict[str, FactRow] = {
            "home": FactRow(theme, self.tr("Home"), name_width=128),
            "token": FactRow(theme, self.tr("Token"), role="mono", name_width=128),
            "serial": FactRow(theme, self.tr("Token serial"), role="mono", name_width=128),
            "log": FactRow(theme, self.tr("Log id"), role="mono", name_width=128),
            "wrap": FactRow(theme, self.tr("Data keys by"), name_width=128),
            "log_key": FactRow(theme, self.tr("Log signed by"), name_width=128),
            "backup": FactRow(theme, self.tr("Key backup"), name_width=128),
            "dual": FactRow(theme, self.tr("Dual control"), name_width=128),
            "operator": FactRow(theme, self.tr("Super admin"), name_width=128),
        }
        card.body.addLayout(column(*self._facts.values(), spacing=6))
        self.main.addWidget(card)
        keys = Card(theme, self.tr("Keys in the token"), flush=True)
        self._model = RowsModel((Column(self.tr("Key"), mono=True), Column(self.tr("Check value"), mono=True)))
        self.table = DataTable(theme, name="setup_keys", meaning=self.tr("Keys in the token"))
        self.table.setModel(self._model)
        self.table.set_widths(240, 120)
        keys.body.addWidget(self.table)
        keys.body.addSpacing(7)
        self.aside.addWidget(keys)

    def show_result(self, result: SetupResult) -> None:
        """Show what was made, and what is still missing."""
        self.second.setVisible(result.dual_control)
        values = {
            "home": str(result.home),
            "token": result.token_label,
            "serial": result.token_serial,
            "log": result.log_id,
            "wrap": result.wrap_algorithm,
            "log_key": result.log_key,
            "backup": self.tr("possible: the token wraps keys under the trusted key only")
            if result.extractable_under_trusted
            else self.tr("not possible: keys never leave this token"),
            "dual": self.tr("on") if result.dual_control else self.tr("off"),
            "operator": result.operator,
        }
        for name, value in values.items():
            self._facts[name].set_value(value)
        self._model.set_rows([[Cell(label), Cell(value)] for label, value in sorted(result.check_values.items())])
        height = 30 * (len(result.check_values) + 1) + 2
        self.table.setFixedHeight(self._theme.px(height))


class _RunRow(QFrame):
    """One step: icon, title, fact, seconds."""

    def __init__(self, theme: Theme, title: str, promise: str) -> None:
        super().__init__()
        self._promise = promise
        self._icon = IconLabel(theme, "circle", tone="muted", size=18)
        self._title = Label(theme, title, "button")
        self._title.setFixedWidth(theme.px(_TITLE_WIDTH))
        self._fact = Label(theme, promise, tone="muted", wrap=True)
        self._time = Label(theme, "", "caption")
        content = row(self._icon, self._title, self._fact, self._time, spacing=10, margins=(16, 9, 16, 9))
        content.setStretch(2, 1)
        self.setLayout(content)
        self.setMinimumHeight(theme.px(38))

    def show_state(self, state: StepState) -> None:
        """Show a step that is not done."""
        icon, tone = STEP_LOOKS[state]
        self._icon.set_icon(icon, tone)
        self._title.set_tone("text" if state is not StepState.AHEAD else "text2")
        self._fact.setText(self._promise)
        self._fact.set_tone("muted")
        self._time.setText("")

    def show_done(self, result: StepResult) -> None:
        """Show what came of it."""
        icon, tone = STEP_LOOKS[StepState.DONE]
        self._icon.set_icon(icon, tone)
        self._title.set_tone("text")
        self._fact.setText(said(result.fact))
        self._fact.set_tone("text")
        self._time.setText(QCoreApplication.translate("SetupRun", "{n} s").format(n=f"{result.seconds:.1f}"))


def _titles() -> dict[SetupStep, str]:
    return {
        SetupStep.HOME: QCoreApplication.translate("SetupRun", "Home folder"),
        SetupStep.TOKEN: QCoreApplication.translate("SetupRun", "Token"),
        SetupStep.PREFLIGHT: QCoreApplication.translate("SetupRun", "Preflight"),
        SetupStep.KEYS: QCoreApplication.translate("SetupRun", "Keys"),
        SetupStep.DATABASE: QCoreApplication.translate("SetupRun", "Database"),
        SetupStep.OPERATOR: QCoreApplication.translate("SetupRun", "Operator"),
        SetupStep.CHECK: QCoreApplication.translate("SetupRun", "Check"),
    }


def _promises() -> dict[SetupStep, str]:
    return {
        SetupStep.HOME: QCoreApplication.translate("SetupRun", "A folder that only you can read"),
        SetupStep.TOKEN: QCoreApplication.translate("SetupRun", "A new token with its own PINs"),
        SetupStep.PREFLIGHT: QCoreApplication.translate("SetupRun", "Every mechanism tried with a known answer"),
        SetupStep.KEYS: QCoreApplication.translate("SetupRun", "All the vault's keys, made inside the token"),
        SetupStep.DATABASE: QCoreApplication.translate("SetupRun", "PostgreSQL with its two roles, and the schema"),
        SetupStep.OPERATOR: QCoreApplication.translate("SetupRun", "Your keys, and the PIN sealed to them"),
        SetupStep.CHECK: QCoreApplication.translate("SetupRun", "The vault opened once with your password"),
    }
