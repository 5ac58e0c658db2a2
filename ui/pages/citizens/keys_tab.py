"""The tab Keys: which data key protects the record, by its id alone. No key value is ever here."""

from core.citizens.model import CitizenRecord
from ui.models import citizen_words
from ui.theme.theme import Theme
from ui.widgets import words
from ui.widgets.card import ScrollColumn
from ui.widgets.facts import FactRow
from ui.widgets.label import Label
from ui.widgets.layout import column, line


class KeysTab(ScrollColumn):
    """`show_citizen(record)`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(spacing=8, margins=(19, 14, 19, 14))
        self.setObjectName("citizen_keys")
        self.setAccessibleName(self.tr("Keys"))
        self._key = FactRow(theme, self.tr("Data key"), role="mono", elide=True)
        self._kind = FactRow(theme, self.tr("Kind"), self.tr("AES-256, one for this citizen alone"))
        self._kept = FactRow(theme, self.tr("Kept"), self.tr("wrapped under a KEK of the HSM"))
        self._user = FactRow(theme, self.tr("User id"), role="mono", elide=True)
        self._revision = FactRow(theme, self.tr("Revision"))
        self._enrolled = FactRow(theme, self.tr("Enrolled"))
        self._changed = FactRow(theme, self.tr("Changed"))
        self._primary = FactRow(theme, self.tr("Primary role"))
        self.body.addWidget(Label(theme, self.tr("Protection"), "strong"))
        self.body.addLayout(column(self._key, self._kind, self._kept, spacing=6))
        self.body.addSpacing(2)
        self.body.addWidget(line())
        self.body.addWidget(Label(theme, self.tr("Record"), "strong"))
        facts = (self._user, self._revision, self._primary, self._enrolled, self._changed)
        self.body.addLayout(column(*facts, spacing=6))

    def show_citizen(self, record: CitizenRecord) -> None:
        """Show ids and times of a record."""
        self._key.set_value(str(record.encryption_key_id))
        self._user.set_value(str(record.user_id))
        self._revision.set_value(words.number(record.revision))
        self._primary.set_value(citizen_words.role_word(record.primary_role))
        self._enrolled.set_value(words.moment(record.created_at))
        self._changed.set_value(words.moment(record.updated_at))
