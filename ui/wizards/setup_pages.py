"""The pages of the set-up wizard on which something is chosen: module, token, operator.

Each shows the choices of the state machine and tells it what is typed; rules and problems are its.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QFileDialog, QVBoxLayout, QWidget

from core.setup.modules import FoundModule
from core.setup.wizard import SetupWizard
from ui.error_report import said
from ui.tasks import TaskRunner
from ui.theme.theme import Theme
from ui.widgets.banner import Banner
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.field import PasswordField, TextField
from ui.widgets.inputs import CheckInput
from ui.widgets.label import IconLabel, Label
from ui.widgets.layout import boxed, column, line, row
from ui.wizards.frame import WizardPage
from ui.wizards.inputs import ExplainedRadio, NewPassword


class ModulePage(WizardPage):
    """Which PKCS#11 library."""

    changed = pyqtSignal()

    def __init__(self, theme: Theme, wizard: SetupWizard) -> None:
        super().__init__(
            theme,
            self.tr("Module"),
            self.tr("The PKCS#11 library of the HSM that will hold the vault's keys. Nothing is written to it yet."),
        )
        self._theme = theme
        self._wizard = wizard
        self._group = QButtonGroup(self)
        self._rows: QVBoxLayout = column(spacing=8)
        self._known: set[Path] = set()
        card = Card(theme, self.tr("On this computer"))
        card.body.addLayout(self._rows)
        self._none = Label(theme, self.tr("Looking…"), tone="muted", wrap=True)
        self._rows.addWidget(self._none)
        card.body.addSpacing(4)
        self._problem = _Problem(theme)
        card.body.addWidget(self._problem)
        choose = Button(theme, self.tr("Choose a file…"), name="choose_module", icon="folder-open")
        choose.clicked.connect(self._on_choose)
        card.body.addLayout(row(choose, None))
        self.main.addWidget(card)
        self.aside.addWidget(
            _words_card(
                theme,
                self.tr("What to choose"),
                (
                    self.tr("A hardware HSM keeps its keys out of reach of everybody, also of this computer."),
                    self.tr(
                        "SoftHSM keeps them in the vault's own folder, encrypted under the PIN. It serves for trials "
                        "and small sites: who can copy that folder and learns the PIN has the keys."
                    ),
                    self.tr("Set-up tries every mechanism on the new token before it makes a key."),
                ),
            )
        )

    def show_modules(self, found: Sequence[FoundModule]) -> None:
        """List the modules that are there; the best known one is chosen."""
        for module in found:
            self._add(module)
        self._none.setText(self.tr("No known module was found. Install softhsm2, or choose your HSM's library."))
        self._none.setVisible(not self._known)
        if found and self._wizard.choices.module is None:
            self._choose(found[0])

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Say what is wrong."""
        self._problem.say(problems.get("module", ""))

    def take_file(self, path: Path) -> None:
        """Offer a file that was chosen by hand, and choose it."""
        module = FoundModule(path.name, path)
        if path not in self._known:
            self._add(module)
        self._none.hide()
        self._choose(module)

    def _add(self, module: FoundModule) -> None:
        self._known.add(module.path)
        option = ExplainedRadio(
            self._theme, module.name, str(module.path), name=f"module_{len(self._known)}", mono=True
        )
        option.radio.setProperty("path", str(module.path))
        option.radio.clicked.connect(lambda: self._choose(module))
        self._group.addButton(option.radio)
        self._rows.addWidget(option)

    def _choose(self, module: FoundModule) -> None:
        self._wizard.choices.module = module.path
        self._wizard.choices.module_name = module.name
        for button in self._group.buttons():
            button.setChecked(button.property("path") == str(module.path))
        self._problem.say("")
        self.changed.emit()

    def _on_choose(self) -> None:
        dialog = QFileDialog(self.window(), self.tr("Choose a PKCS#11 module"), "/usr/lib", self.tr("Libraries (*.so)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.take_file(Path(path)))
        dialog.finished.connect(lambda _: dialog.deleteLater())
        dialog.open()


class TokenPage(WizardPage):
    """Label and PINs of the new token."""

    def __init__(self, theme: Theme, tasks: TaskRunner, wizard: SetupWizard) -> None:
        super().__init__(
            theme,
            self.tr("Token and PINs"),
            self.tr(
                "A new token is made for this vault alone. Its keys are made inside it and never leave it in clear."
            ),
        )
        self._wizard = wizard
        card = Card(theme, self.tr("Token"))
        helper = self.tr("How the HSM will list it: at most 32 characters")
        self.label = TextField(theme, self.tr("Label"), name="token_label", helper=helper, mono=True)
        self.label.set_text(wizard.choices.token_label)
        self.label.edited.connect(self._on_label)
        card.body.addLayout(_half(self.label))
        self.main.addWidget(card)
        pins = Card(theme, self.tr("PINs"))
        self.made = ExplainedRadio(
            theme,
            self.tr("Made by the console (recommended)"),
            self.tr(
                "Random, 32 characters, sealed to you: your password opens the vault, and nobody has to know a PIN."
            ),
            name="pins_made",
        )
        self.typed = ExplainedRadio(
            theme,
            self.tr("Typed by me"),
            self.tr("For a token whose PINs are kept by somebody else as well. They must differ."),
            name="pins_typed",
        )
        self._group = QButtonGroup(self)
        for option in (self.made, self.typed):
            self._group.addButton(option.radio)
            pins.body.addWidget(option)
        self.made.radio.setChecked(True)
        self.so_pin = _new_password(theme, tasks, self.tr("Security officer's PIN"), "so_pin")
        self.pin = _new_password(theme, tasks, self.tr("User PIN"), "pin")
        self._own = boxed(column(line(hair=True), self.so_pin, self.pin, spacing=12, margins=(0, 8, 0, 0)))
        self._own.hide()
        pins.body.addWidget(self._own)
        self.main.addWidget(pins)
        for pair in (self.so_pin, self.pin):
            pair.edited.connect(wizard.type_secret)
        self.so_pin.ask_score = lambda: wizard.strength("so_pin")
        self.pin.ask_score = lambda: wizard.strength("pin")
        self.typed.radio.toggled.connect(self._on_kind)
        self.aside.addWidget(_pin_words(theme))

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Put sentences at their fields."""
        fields: dict[str, TextField | PasswordField] = {
            "token_label": self.label,
            "so_pin": self.so_pin.first,
            "so_pin_again": self.so_pin.again,
            "pin": self.pin.first,
            "pin_again": self.pin.again,
        }
        _place(problems, fields)

    def _on_label(self, _text: str) -> None:
        self._wizard.choices.token_label = self.label.text()

    def _on_kind(self, *_: object) -> None:
        self._wizard.choices.own_pins = self.typed.radio.isChecked()
        self._own.setVisible(self._wizard.choices.own_pins)


class OperatorPage(WizardPage):
    """Who opens the vault, and whether two must agree."""

    def __init__(self, theme: Theme, tasks: TaskRunner, wizard: SetupWizard) -> None:
        super().__init__(
            theme,
            self.tr("Operator"),
            self.tr("You become the first super admin. Others are invited later; nobody ever learns your password."),
        )
        self._wizard = wizard
        card = Card(theme, self.tr("You"))
        helper = self.tr("It stands in the audit log for ever")
        self.operator = TextField(theme, self.tr("Operator name"), name="new_operator", helper=helper)
        self.operator.edited.connect(self._on_operator)
        card.body.addLayout(_half(self.operator))
        card.body.addSpacing(4)
        self.password = _new_password(theme, tasks, self.tr("Password"), "password")
        self.password.edited.connect(wizard.type_secret)
        self.password.ask_score = lambda: wizard.strength("password")
        card.body.addWidget(self.password)
        self.main.addWidget(card)
        control = Card(theme, self.tr("Dual control"))
        words = self.tr("Grave acts need a second operator")
        self.dual_control = CheckInput(theme, words, name="dual_control")
        self.dual_control.setChecked(wizard.choices.dual_control)
        self.dual_control.toggled.connect(self._on_dual_control)
        control.body.addWidget(self.dual_control)
        self.meaning = Banner(theme, "info", "", " ", name="dual_control_meaning")
        control.body.addWidget(self.meaning)
        self.main.addWidget(control)
        self.aside.addWidget(
            _words_card(
                theme,
                self.tr("Your password"),
                (
                    self.tr("It unseals the token's PIN for you. It is stored nowhere, so nobody can reset it."),
                    self.tr("Four unrelated words are strong and easy to keep in mind."),
                    self.tr(
                        "Without any operator's password the vault stays closed for ever. Invite a second one soon."
                    ),
                ),
            )
        )
        self._on_dual_control(wizard.choices.dual_control)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Put sentences at their fields."""
        fields: dict[str, TextField | PasswordField] = {
            "operator": self.operator,
            "password": self.password.first,
            "password_again": self.password.again,
        }
        _place(problems, fields)

    def _on_operator(self, _text: str) -> None:
        self._wizard.choices.operator = self.operator.text()

    def _on_dual_control(self, on: bool) -> None:
        self._wizard.choices.dual_control = on
        means = (
            self.tr(
                "On: what cannot be undone waits until another super admin has signed it. No personal data is served "
                "before you have invited a second super admin and that one has joined."
            )
            if on
            else self.tr(
                "Off: one operator alone can do what cannot be undone. The console says so as long as it is so; two "
                "super admins can turn it on later."
            )
        )
        self.meaning.set_words("", means, kind="info" if on else "warning")


class _Problem(QWidget):
    """One sentence on what is wrong, with its icon."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._words = Label(theme, "", "caption", tone="danger", wrap=True)
        content = row(IconLabel(theme, "octagon-alert", tone="danger", size=14), self._words, spacing=6)
        content.setStretch(1, 1)
        self.setLayout(content)
        self.hide()

    def say(self, sentence: str) -> None:
        """Say it; nothing hides it."""
        self._words.setText(said(sentence) if sentence else "")
        self.setVisible(bool(sentence))


def _new_password(theme: Theme, tasks: TaskRunner, label: str, name: str) -> NewPassword:
    again = QCoreApplication.translate("SetupPages", "{what} again").format(what=label)
    return NewPassword(
        theme, tasks, PasswordField(theme, label, name=name), PasswordField(theme, again, name=f"{name}_again")
    )


def _half(widget: QWidget) -> QVBoxLayout:
    """Give a field the width of one of a pair."""
    pair = row(widget, None, spacing=16)
    pair.setStretch(0, 1)
    pair.setStretch(1, 1)
    return column(pair)


def _place(problems: Mapping[str, str], fields: Mapping[str, TextField | PasswordField]) -> None:
    first = True
    for name, field in fields.items():
        if name in problems:
            field.set_error(said(problems[name]))
            if first:
                field.editor.setFocus()
            first = False
        else:
            field.clear_error()


def _words_card(theme: Theme, title: str, paragraphs: Sequence[str]) -> Card:
    card = Card(theme, title)
    for words in paragraphs:
        card.body.addWidget(Label(theme, words, tone="text2", wrap=True))
    return card


def _pin_words(theme: Theme) -> Card:
    return _words_card(
        theme,
        QCoreApplication.translate("SetupPages", "What the PINs are"),
        (
            QCoreApplication.translate(
                "SetupPages",
                "The user PIN opens the token. The console keeps it sealed to its operators and nowhere else.",
            ),
            QCoreApplication.translate(
                "SetupPages",
                "The security officer's PIN could let another wrapping key be trusted. One that the console makes is "
                "used once and then forgotten, so that nobody can.",
            ),
            QCoreApplication.translate("SetupPages", "A PIN that you type must have 8 to 64 characters."),
        ),
    )
