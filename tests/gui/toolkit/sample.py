"""A window like `citizens-light.png`, made of the toolkit alone, for pictures and for rules about the frame."""

from datetime import UTC, datetime

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QWidget

from core.errors import HsmNotAnswering
from ui.main_window import MainWindow
from ui.palette import Target
from ui.tasks import JobState, TaskRunner
from ui.theme.theme import Theme
from ui.widgets.button import Button, IconButton
from ui.widgets.card import Card, ScrollColumn
from ui.widgets.cell_model import Cell, Column, RowsModel
from ui.widgets.chip import Chip, FilterChip
from ui.widgets.data_table import DataTable
from ui.widgets.dialog import DialogFrame
from ui.widgets.facts import Fact, FactsStrip, StateRow
from ui.widgets.field import ComboField, TextAreaField
from ui.widgets.inputs import CheckInput, Choice, SearchInput
from ui.widgets.label import Label
from ui.widgets.layout import boxed, column, line, row
from ui.widgets.page import Page
from ui.widgets.secret_field import Revealed, SecretField
from ui.widgets.segmented import Tabs
from ui.widgets.sidebar import PageEntry
from ui.widgets.status import StatusItem
from ui.widgets.status_bar import PartState

TOKEN = "idt_kDnNfribxUdl7dXTPyLsxP"
WHEN = datetime(2026, 7, 14, 9, 6, 2, tzinfo=UTC)
NO_HSM = HsmNotAnswering(
    "The HSM does not answer",
    remedy="See that the module has power and that its cable or network is connected, then try again. "
    "The console connects by itself when the module answers.",
    details={
        "Doing": "unwrap data key for a reveal",
        "Waited": "5.0 s, then the HSM worker was ended",
        "Module": "CZ-VAULT-01, serial 3f2a91c07be4d815",
        "Data": "intent recorded as entry 48,12,911; outcome: failed",
    },
)
_ROWS = """U8JZpDE0iGXlD6gNCFbaEP|Ballari|citizen, business|Phone|15 Mar 2024
FjbD0kH8Oool8DklZDOCj2|Ballari|citizen|Document|10 Mar 2024
ISaJiHkTj0rLGlkoMXGjtE|Mysuru|citizen|Document|24 Mar 2026
kDnNfribxUdl7dXTPyLsxP|Mysuru|citizen, farmer|In person|8 Jan 2025
FkThf4VucSmEHgaKwVJ7fa|Udupi|citizen, farmer|Document|21 May 2025
C9qEwjky40UVsWmflzdE1F|Mysuru|citizen|Document|18 Jan 2026
8ResqEDusTpkr0cStY4qWB|Kalaburagi|citizen|In person|3 Jan 2025
8dWKnHfDNxSIvPZZ63fFKc|Bengaluru Urban|citizen, guardian|Phone|28 Jan 2024""".splitlines()
_LEVELS = {"Phone": "smartphone", "Document": "file-check", "In person": "user"}


def entries(theme: Theme) -> list[PageEntry]:
    """Return the pages of the pictures; only Overview and Citizens are more than a header."""

    def bare(title: str) -> Page:
        page = Page(theme, title, name=title.lower())
        page.header.add_action(Button(theme, f"Do {title}", name=f"do_{title.lower()}"))
        page.body.addStretch(1)
        return page

    return [
        PageEntry("overview", "Overview", "layout-dashboard", "", lambda: OverviewSample(theme)),
        PageEntry("citizens", "Citizens", "users", "vault", lambda: CitizensSample(theme), ("people",)),
        PageEntry("delegations", "Delegations", "handshake", "vault", lambda: bare("Delegations")),
        PageEntry("proofs", "Proofs", "badge-check", "vault", lambda: bare("Proofs")),
        PageEntry("credentials", "Credentials", "id-card", "vault", lambda: bare("Credentials")),
        PageEntry("approvals", "Approvals", "stamp", "assurance", lambda: bare("Approvals")),
        PageEntry("audit", "Audit", "scroll-text", "assurance", lambda: bare("Audit")),
        PageEntry("monitor", "Monitor", "activity", "assurance", lambda: bare("Monitor")),
        PageEntry("keys", "Keys & HSM", "key-round", "security", lambda: bare("Keys & HSM")),
        PageEntry("operators", "Operators", "user-cog", "security", lambda: bare("Operators")),
        PageEntry("settings", "Settings", "settings", "security", lambda: bare("Settings")),
    ]


def sample_window(theme: Theme, runner: TaskRunner) -> MainWindow:
    """Build the frame with everything in it."""
    actions = [Target("action", "enrol", "Enrol a citizen…", "plus", "Action")]
    window = MainWindow(theme, runner, entries(theme), vault="National vault · live", actions=actions)
    window.resize(1440, 900)
    window.status.set_part("hsm", PartState.READY, "ready")
    window.status.set_part("database", PartState.READY, "ready")
    window.status.set_part("log", PartState.READY, "checkpoint 14:32:08 · review 12 days ago")
    window.status.set_operator("Anjali Raghavan")
    window.status.show_job(JobState(1, "Rotating KEK-0038", 62, 100))
    window.navigation.entry("approvals").set_badge(3)
    window.navigation.entry("audit").set_finding(is_open=True)
    window.show_workspace("citizens")
    window.idle.stop()
    window.status.set_seconds_to_lock(252)
    return window


class CitizensSample(Page):
    """Table card and detail card."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Citizens", name="citizens_page")
        self.header.add_action(Button(theme, "Import CSV…", name="import_csv", icon="upload"))
        self.header.add_action(Button(theme, "Enrol…", name="enrol", variant="primary", icon="plus"))
        cards = row(self._make_table(), self._make_detail(), spacing=12)
        cards.setStretch(0, 1)
        self.body.addLayout(cards)

    def _make_table(self) -> Card:
        t = self.theme
        card = Card(t, flush=True)
        search = SearchInput(
            t, name="search", meaning="Search citizens", placeholder="Name prefix, phone, Aadhaar, PAN or token"
        )
        filters = Button(t, "Filters", name="filters", icon="list-filter")
        tools = row(search, FilterChip(t, "State: Karnataka", name="filter_state"), filters, margins=(16, 11, 16, 11))
        tools.setStretch(0, 1)
        columns = (
            Column("Token", mono=True),
            Column("District"),
            Column("Roles"),
            Column("Level"),
            Column("Status"),
            Column("Verified"),
        )
        self.table = DataTable(t, name="citizens_table", meaning="Citizens")
        self.table.setModel(RowsModel(columns, [_cells(text) for text in _ROWS * 4], self))
        self.table.set_widths(221, 124, 126, 107, 92, 90)
        self.table.selectRow(3)
        card.body.setSpacing(0)
        card.body.addLayout(tools)
        card.body.addWidget(line())
        card.body.addWidget(self.table, 1)
        card.set_footer(
            Label(t, "71,204 of 12,84,551 citizens", "caption"), None, Label(t, "sorted by token", "caption")
        )
        return card

    def _make_detail(self) -> Card:
        t = self.theme
        card = Card(t, flush=True)
        card.setFixedWidth(400)
        card.body.setSpacing(0)
        more = IconButton(t, "ellipsis", "More", name="more")
        close = IconButton(t, "x", "Close", name="close_detail")
        copy = IconButton(t, "copy", "Copy the token", name="copy_token")
        top = row(Label(t, TOKEN, "mono", selectable=True), copy, None, more, close, spacing=6)
        chips = row(
            Chip(t, "Active", "circle-check", "success"),
            Chip(t, "In-person verified", "user"),
            Label(t, "Mysuru, Karnataka", tone="muted"),
            None,
        )
        card.body.addLayout(column(top, chips, spacing=8, margins=(20, 15, 15, 10)))
        tabs = Tabs(t, name="detail_tabs", meaning="About this citizen")
        tabs.add("profile", "Profile", self._make_profile())
        for title in ("Timeline", "Roles", "Consents", "Delegations", "Keys"):
            tabs.add(title.lower(), title, QWidget())
        card.body.addWidget(tabs, 1)
        reveal = Button(t, "Reveal fields…", name="reveal", variant="primary", icon="eye")
        erase = Button(t, "Erase…", name="erase", variant="danger", icon="eraser")
        card.set_footer(reveal, Button(t, "Export…", name="export", icon="download"), None, erase, height=52)
        return card

    def _make_profile(self) -> QWidget:
        t = self.theme
        scroll = ScrollColumn(spacing=0, margins=(20, 14, 20, 14))
        self.secrets: dict[str, SecretField] = {}
        groups = {
            "Identity": ("consent until 31 Mar 2027", ("Name", "Birth date")),
            "Contact": ("consent until 31 Mar 2027", ("Phone", "Email")),
            "Address": ("consent withdrawn 2 May 2026", ("Address",)),
        }
        for index, (group, (consent, names)) in enumerate(groups.items()):
            if index:
                scroll.body.addSpacing(8)
                scroll.body.addWidget(line())
                scroll.body.addSpacing(10)
            scroll.body.addLayout(row(Label(t, group, "strong"), None, Label(t, consent, "caption")))
            for name in names:
                self.secrets[name] = SecretField(t, name, name=f"secret_{name}")
                scroll.body.addWidget(self.secrets[name])
        return scroll

    def reveal_phone(self, seconds: float = 60) -> None:
        self.secrets["Phone"].reveal(Revealed("+91 98860 41277", "Support", 4812903, seconds))


class OverviewSample(Page):
    """Numbers, work for today, state of the vault."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Overview", "Tuesday, 14 July 2026 · 14:32 IST", name="overview_page")
        t = theme
        self.header.add_action(Button(t, "Export bundle…", name="export_bundle", icon="download"))
        self.header.add_action(Button(t, "Verify now", name="verify", icon="shield-check"))
        facts = [
            Fact("citizens", "12,84,551", "citizens"),
            Fact("keks", "131", "key-encryption keys"),
            Fact("delegations", "62,318", "delegations in force"),
            Fact("proofs", "2,407", "proofs this week"),
            Fact("operators", "5 of 14", "operators signed in"),
        ]
        self.body.addWidget(FactsStrip(t, facts))
        vault = Card(t, "State of the vault", aside=Label(t, "checked 14:32", "caption"), ruled=True, flush=True)
        vault.body.setSpacing(0)
        for index, (name, detail, word) in enumerate(
            (
                ("HSM", "CZ-VAULT-01 · self-test passed today 06:00", "ready"),
                ("Database", "19 ms slowest query in the last hour", "ready"),
                ("Audit log", "48,12,903 entries · checkpoint 14:32:08", "whole"),
            )
        ):
            if index:
                vault.body.addWidget(line(hair=True))
            vault.body.addWidget(StateRow(t, name, detail, word, icon="circle-check", tone="success"))
        vault.setFixedWidth(388)
        today = Card(t, "Needs a person today", caption="5", ruled=True)
        today.body.addStretch(1)
        cards = row(today, vault, spacing=12)
        cards.setAlignment(vault, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(cards)
        self.body.addStretch(1)


class RevealSample(DialogFrame):
    """A dialog like `reveal-light.png`."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(
            theme, window, "Reveal personal data", name="reveal", token=TOKEN, subtitle="Mysuru, Karnataka"
        )
        t = theme
        self.body.addWidget(Label(t, "Fields to show", "strong"))
        rows = column(spacing=0)
        self.checks = []
        for index, name in enumerate(("Name", "Birth date", "Phone", "Email", "Address")):
            if index:
                rows.addWidget(line(hair=True))
            check = CheckInput(t, name, name=f"show_{name}")
            check.setChecked(name in {"Phone", "Email"})
            state = StatusItem(t, "Consent until 31 Mar 2027", "circle-check", "text", icon_tone="success")
            if name == "Address":
                check.setEnabled(False)
                state = StatusItem(t, "Consent withdrawn 2 May 2026", "octagon-alert", "danger")
            self.checks.append(check)
            rows.addLayout(row(check, None, state, margins=(12, 3, 12, 2)))
        well = boxed(rows)
        well.setProperty("kind", "well")
        self.body.addWidget(well)
        self.body.addSpacing(4)
        self.purpose = ComboField(t, "Purpose", [Choice("support", "Support")], name="purpose")
        self.reason = TextAreaField(t, "Reason", name="reason", optional=True)
        self.reason.set_text("Caller could not complete the address change; ticket 2026-0714-118.")
        self.reason.set_helper(
            "Write no personal data here: the reason stays in the audit log for ever.",
            icon="triangle-alert",
            tone="warning",
        )
        self.body.addWidget(self.purpose)
        self.body.addSpacing(4)
        self.body.addWidget(self.reason)
        self.set_note("Recorded before anything is shown", "scroll-text")
        self.set_action("Reveal 2 fields for 60 s", icon="eye")

    def answer(self) -> tuple[str, str]:
        return self.purpose.value(), self.reason.text()


def _cells(text: str) -> list[Cell]:
    token, district, roles, level, verified = text.split("|")
    return [
        Cell(f"idt_{token}"),
        Cell(district),
        Cell(roles),
        Cell(level, _LEVELS[level]),
        Cell("Active", "circle-check", "muted"),
        Cell(verified, tone="muted"),
    ]
