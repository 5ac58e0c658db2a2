"""The pieces every page is made of: a guide for whoever writes a page.

**Common to all.** Each piece takes the `Theme` first and reads all colours from it; nothing sets a
style sheet of its own. Interactive pieces take `name`, their object name; the accessible name comes
from their words. Words come in translated (`self.tr("…")`). Never `setVisible(True)` on a widget
that has no parent yet (`layout.hide_unless`), never `exec()`.

**A page** (`page.py`): subclass `Page(theme, title, caption="", *, name)`; put actions into
`self.header.add_action(Button(…))` (primary last) and cards into `self.body`. Override `shown()` to
load and `left()` to let go. Register it as `PageEntry(key, title, icon, group, factory)`
(`sidebar.py`) with the main window.

**Layout** (`layout.py`): `row(a, b, None, c)` and `column(…)` take widgets, layouts, a space in px
or None for a stretch; `boxed(layout)` makes a widget of one; `line()`, `line(hair=True)`.
`Card(theme, title, *, caption, aside, ruled, flush)` has `body` and `set_footer(left, None, right)`
(`card.py`); `ScrollColumn(spacing, margins)` scrolls its `body`; `Snug` is a frame exactly as high
as its words.

**Words** (`label.py`): `Label(theme, text, role, tone=…, wrap=…, selectable=…)`, `ElidedLabel`,
`IconLabel(theme, icon, tone=…, size=…, meaning=…)`. Roles: title, heading, body, strong, button,
small, caption, group, mono, share, value, number. Tones: text, text2, muted, disabled, accent,
success, warning, danger, secret, on_accent. `words.py`: `number`, `percent`, `duration`, `about`,
`date`, `clock`, `moment` for Indian grouping and IST.

**Pressing** (`button.py`): `Button(theme, text, *, name, variant, icon, scale)`: plain, primary,
danger, destroy, quiet, link; `set_text`. `IconButton(theme, icon, meaning, *, name)` and
`CopyButton(theme, meaning, text, *, name)`.

**Typing and picking** (`field.py`, `inputs.py`, `segmented.py`): `TextField`, `PasswordField`
(`take()`), `ComboField(theme, label, [Choice(value, text)], *, name)`, `TextAreaField(limit=240)`;
all with `set_error`, `clear_error`, `set_helper`, `set_optional` and `.editor`. Bare: `LineInput`,
`SearchInput`, `PasswordInput`, `ComboInput`, `CheckInput`, `TextArea`. `Segmented` and `Tabs`.

**Telling**: `Chip` and `FilterChip` (`removed`), `StatusItem`, `Banner` (`acted`), `ProgressBlock`
(`stop_asked`, `go_on_asked`), `ProgressBar`, `EmptyState` (`acted`), `FactsStrip([Fact])`,
`FactRow`, `StateRow`.

**Tables** (`data_table.py`, `cell_model.py`): `DataTable(theme, *, name, meaning, dense)` with
`set_widths`, `choose(row)`, `chosen()`; signals `row_chosen`, `row_opened`. A model subclasses
`CellModel([Column(title, numeric, mono)])` and answers `rowCount` and `cell(row, column) ->
Cell(text, icon, tone, …) | None`; `RowsModel` holds small ones. A card that ends in a table needs a
footer, or 7 px, or the viewport paints over its round corners.

**Personal data** (`secret_field.py`): `SecretField(theme, label, *, name, compact, revealable)`:
`record()`, `reveal(Revealed(value, purpose, entry, seconds))`, `refuse(reason)`, `mask_value()`,
`copy_value()`; signals `reveal_asked`, `copy_asked`, `masked`. Anything else that exposes data
inherits `Exposed` (`exposure.py`): dialogs cover it, a lock takes it away.

**Dialogs** (`dialog.py`): subclass `DialogFrame(theme, window, title, *, name, token, subtitle,
icon, icon_tone, width, ruled)`: fill `body`, `set_note(text, icon)`, `set_action(text, variant=…,
icon=…)`, override `submit()`, and `answer = await ui.ask.ask(dialog, dialog.answer)`.

**Work** (`ui/tasks.py`): `runner.start(self._load(), retry=self.load)` drives a coroutine;
inside it `await runner.query(lambda: …)`, `runner.command(lambda: …)` or `runner.job(title, lambda
job: …)`. What it does not catch becomes words in `ui/error_report.py`.
"""
