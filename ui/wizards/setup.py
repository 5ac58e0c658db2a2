"""The set-up wizard: draws `core.setup.wizard.SetupWizard` and runs the set-up in a worker thread.

Back and cancel leave nothing half done: nothing exists before Run, and a run that fails or is
cancelled is undone by core.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, pyqtSignal

from core.setup.model import Progress, SetupPlan, SetupResult, StepResult
from core.setup.modules import find_modules
from core.setup.wizard import ORDER, SetupCancelled, SetupWizard, WizardStep
from ui.ask import ask
from ui.error_report import in_words
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.widgets.dialog import DialogFrame
from ui.widgets.label import Label
from ui.wizards.frame import StepEntry, StepState, WizardFrame
from ui.wizards.setup_pages import ModulePage, OperatorPage, TokenPage
from ui.wizards.setup_run import ResultPage, RunPage

RunSetup = Callable[[SetupPlan, Progress], SetupResult]


class SetupScreen(WizardFrame):
    """`run_setup(plan, progress)` sets the vault up: it runs in a worker thread.

    Signals: `unlock_asked(str, bool)` with the operator's name once the vault is there, and whether dual control
    waits for a second one; `given_up` when set-up was cancelled and all of it is undone.
    """

    unlock_asked = pyqtSignal(str, bool)
    given_up = pyqtSignal()
    _progressed = pyqtSignal(object)

    def __init__(self, theme: Theme, tasks: TaskRunner, run_setup: RunSetup, home: Path) -> None:
        super().__init__(
            theme,
            QCoreApplication.translate("SetupScreen", "Set up the vault"),
            QCoreApplication.translate("SetupScreen", "In five steps"),
            [StepEntry(step.value, title) for step, title in _titles().items()],
            name="setup",
            cancel=QCoreApplication.translate("SetupScreen", "Cancel set-up"),
        )
        self._tasks = tasks
        self._run_setup = run_setup
        self.wizard = SetupWizard()
        self.module = ModulePage(theme, self.wizard)
        self.token = TokenPage(theme, tasks, self.wizard)
        self.operator = OperatorPage(theme, tasks, self.wizard)
        self.run_page = RunPage(theme, self.wizard, home)
        self.result = ResultPage(theme)
        pages = (self.module, self.token, self.operator, self.run_page, self.result)
        for step, page in zip(ORDER, pages, strict=True):
            self.add_page(step.value, page)
        self._busy = False
        self.module.changed.connect(self.refresh)
        self.cancel_asked.connect(lambda: self._tasks.start(self._cancel()))
        self.back_asked.connect(self._on_back)
        self.next_asked.connect(self._on_next)
        self._progressed.connect(self._on_progressed)
        tasks.start(self._find_modules())
        self.refresh()

    def refresh(self) -> None:
        """Show the state machine as it is."""
        wizard = self.wizard
        self.show_page(wizard.step.value)
        now = ORDER.index(wizard.step)
        for position, step in enumerate(ORDER):
            state = StepState.DONE if position < now else StepState.NOW if position == now else StepState.AHEAD
            if step is WizardStep.RUN and wizard.failure is not None:
                state = StepState.FAILED
            self.set_step(step.value, state, self._short_result(step) if position < now else "")
        self._show_buttons()
        if wizard.step is WizardStep.RUN:
            self.run_page.refresh()

    # --- moving ------------------------------------------------------------------------------------

    def _on_next(self) -> None:
        match self.wizard.step:
            case WizardStep.RUN if self.wizard.result is None:
                self._tasks.start(self._run())
            case WizardStep.RUN:
                self._go_on()
            case WizardStep.RESULT:
                result = self.wizard.result
                self.unlock_asked.emit(self.wizard.choices.operator, result is not None and result.dual_control)
            case _:
                self._tasks.start(self._check_and_go_on())

    async def _check_and_go_on(self) -> None:
        """Look at the open step in a worker (password rules take some 10 ms), then open the next one."""
        self._set_busy(busy=True)
        try:
            problems = await self._tasks.query(self.wizard.problems)
        finally:
            self._set_busy(busy=False)
        self._show_problems(problems)
        if not problems:
            self._go_on()

    def _go_on(self) -> None:
        self.wizard.go_on()
        self.refresh()
        self._focus_page()

    def _on_back(self) -> None:
        self.wizard.go_back()
        self.refresh()
        self._focus_page()

    async def _cancel(self) -> None:
        if not self.wizard.may_cancel:
            return
        if self.wizard.step is not WizardStep.MODULE and not await ask(self._make_question(), lambda: True):
            return
        running = self.wizard.running
        self.wizard.cancel()
        if running:
            self._show_buttons()
        else:
            self.given_up.emit()

    def _make_question(self) -> DialogFrame:
        window = self.window() or self
        dialog = DialogFrame(self._theme, window, self.tr("Cancel set-up"), name="cancel_setup")
        if self.wizard.running:
            what = self.tr("The step that runs now ends, then everything that was made is undone.")
        else:
            what = self.tr("Nothing has been made yet. What you typed is forgotten.")
        dialog.body.addWidget(Label(self._theme, what, wrap=True))
        dialog.set_action(self.tr("Give up set-up"), variant="danger")
        return dialog

    # --- running -----------------------------------------------------------------------------------

    async def _run(self) -> None:
        plan = self.wizard.start()
        self.refresh()
        try:
            result = await self._tasks.command(lambda: self._run_setup(plan, self._tell))
        except SetupCancelled:
            self.wizard.running = False
            self.wizard.cancel()
            self.given_up.emit()
            return
        except Exception as error:  # noqa: BLE001  # shown here: the whole page is about it
            self.wizard.failed(in_words(error))
        else:
            self.wizard.finished(result)
            self.result.show_result(result)
        self.refresh()
        (self.next if self.wizard.result is not None else self.back).setFocus()

    def _tell(self, result: StepResult) -> None:
        """Pass a step's result on; this runs in the worker thread."""
        self._progressed.emit(result)
        self.wizard.check_cancelled(result)

    def _on_progressed(self, result: StepResult) -> None:
        if self.wizard.running:
            self.wizard.step_done(result)
            self.refresh()

    # --- inside ------------------------------------------------------------------------------------

    async def _find_modules(self) -> None:
        found = await self._tasks.query(find_modules)
        self.module.show_modules(found)
        self.refresh()

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        match self.wizard.step:
            case WizardStep.MODULE:
                self.module.show_problems(problems)
            case WizardStep.TOKEN:
                self.token.show_problems(problems)
            case WizardStep.OPERATOR:
                self.operator.show_problems(problems)
            case _:
                pass

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self._show_buttons()

    def _show_buttons(self) -> None:
        wizard = self.wizard
        self.back.setVisible(wizard.may_go_back or wizard.running)
        self.back.setEnabled(wizard.may_go_back and not self._busy)
        self.cancel.setVisible(wizard.result is None)
        self.cancel.setEnabled(wizard.may_cancel)
        words, why = self._next_words()
        self.next.set_text(words)
        self.next.setEnabled(not why and not self._busy)
        self.why.setText(why)

    def _next_words(self) -> tuple[str, str]:
        """Return what the primary button says, and why it cannot be pressed."""
        wizard = self.wizard
        if wizard.step is WizardStep.RESULT:
            waits = wizard.result is not None and wizard.result.dual_control
            return (self.tr("Unlock and invite") if waits else self.tr("Unlock the vault")), ""
        if wizard.step is WizardStep.RUN and wizard.result is None:
            if wizard.cancel_asked:
                return self.tr("Set up the vault"), self.tr("Undoing…")
            if wizard.running:
                return self.tr("Set up the vault"), self.tr("Set-up runs")
            return (self.tr("Try again") if wizard.failure is not None else self.tr("Set up the vault")), ""
        following = wizard.following() or wizard.step
        words = self.tr("Next: {step}").format(step=_titles()[following])
        nothing_chosen = wizard.step is WizardStep.MODULE and wizard.choices.module is None
        return words, self.tr("Choose a module first") if nothing_chosen else ""

    def _short_result(self, step: WizardStep) -> str:
        choices = self.wizard.choices
        match step:
            case WizardStep.MODULE:
                return choices.module_name
            case WizardStep.TOKEN:
                return choices.token_label
            case WizardStep.OPERATOR:
                return choices.operator
            case WizardStep.RUN if self.wizard.result is not None:
                return self.tr("{n} steps done").format(n=len(self.wizard.done))
            case _:
                return ""

    def _focus_page(self) -> None:
        """Take the keyboard to where the step begins."""
        starts = {
            WizardStep.TOKEN: self.token.label.editor,
            WizardStep.OPERATOR: self.operator.operator.editor,
            WizardStep.RUN: self.next,
            WizardStep.RESULT: self.next,
        }
        widget = starts.get(self.wizard.step)
        if widget is not None:
            widget.setFocus()


def _titles() -> dict[WizardStep, str]:
    return {
        WizardStep.MODULE: QCoreApplication.translate("SetupScreen", "Module"),
        WizardStep.TOKEN: QCoreApplication.translate("SetupScreen", "Token and PINs"),
        WizardStep.OPERATOR: QCoreApplication.translate("SetupScreen", "Operator"),
        WizardStep.RUN: QCoreApplication.translate("SetupScreen", "Run"),
        WizardStep.RESULT: QCoreApplication.translate("SetupScreen", "Result"),
    }
