"""The one style sheet of the application, made from tokens and text scale.

It holds no font rules (an application-loaded variable font ignores them: see `fonts.py`) and no
`::item` rules (they cost a fifth of a table's paint). What a sheet cannot draw - ticks, arrows,
the focus ring, shadows - widgets paint themselves from the same tokens.

Widgets are told apart by dynamic properties: `tone` on labels, `variant` and `scale` on buttons,
`kind` on frames, `state` on fields.
"""

from collections.abc import Callable
from typing import get_args

from ui.theme.tokens import Tokens, Tone

_Px = Callable[[int], int]


def make_style_sheet(tokens: Tokens, text_scale: float) -> str:
    """Return the sheet for one theme at one text scale (1.0 to 1.75)."""

    def px(pixels: int) -> int:
        return round(pixels * text_scale)

    parts = (
        _base(tokens),
        _labels(tokens),
        _frames(tokens),
        _buttons(tokens, px),
        _button_variants(tokens),
        _quiet_buttons(tokens, px),
        _navigation(tokens, px),
        _fields(tokens, px),
        _choices(tokens, px),
        _segments_and_tabs(tokens, px),
        _chips(tokens, px),
        _tables(tokens, px),
        _scroll_bars(tokens),
        _menus(tokens, px),
    )
    return "\n".join(parts)


def _base(t: Tokens) -> str:
    return f"""
    * {{ outline: 0; }}
    QWidget {{ color: {t.text}; }}
    QMainWindow, QWidget[kind="window"] {{ background: {t.window}; }}
    QWidget[kind="clear"], QScrollArea, QScrollArea > QWidget > QWidget[kind="clear"] {{ background: transparent; }}
    QScrollArea {{ border: none; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border_strong}; padding: 4px 6px; }}
    """


def _labels(t: Tokens) -> str:
    rules = ["QLabel { background: transparent; border: none; padding: 0; }"]
    rules += [f'QLabel[tone="{tone}"] {{ color: {t.tone(tone)}; }}' for tone in get_args(Tone) if tone != "text"]
    rules.append(f"QLabel:disabled {{ color: {t.disabled}; }}")
    return "\n".join(rules)


def _frames(t: Tokens) -> str:
    soft = {
        "info": t.accent_soft,
        "warning": t.warning_soft,
        "danger": t.danger_soft,
        "success": t.success_soft,
        "secret": t.secret_soft,
        "note": t.sunken,
    }
    line = {
        "info": t.accent,
        "warning": t.warning,
        "danger": t.danger,
        "success": t.success,
        "secret": t.secret,
        "note": t.border,
    }
    rules = []
    for kind, ground in soft.items():
        # In the contrast theme the soft tones are black: there a line tells the banner from the page.
        border = f"1px solid {line[kind]}" if ground == t.window else f"1px solid {ground}"
        rules.append(f'QFrame[banner="{kind}"] {{ background: {ground}; border: {border}; border-radius: 6px; }}')
    frames = f"""
    QFrame[kind="card"] {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: 8px; }}
    QFrame[kind="dialog"] {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 10px; }}
    QFrame[kind="sunken"] {{ background: {t.sunken}; border: 1px solid {t.border}; border-radius: 6px; }}
    QFrame[kind="well"] {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 6px; }}
    QFrame[kind="sidebar"] {{ background: {t.sidebar}; border: none; border-right: 1px solid {t.border}; }}
    QFrame[kind="statusbar"] {{ background: {t.sidebar}; border: none; border-top: 1px solid {t.border}; }}
    QFrame[kind="foot"] {{ background: {t.surface}; border: none; border-top: 1px solid {t.border}; }}
    QFrame[kind="plain"] {{ background: transparent; border: none; }}
    QFrame[kind="line"] {{ background: {t.border}; border: none; }}
    QFrame[kind="hairline"] {{ background: {t.hairline}; border: none; }}
    QFrame[kind="revealed"] {{
        background: {t.secret_soft}; border: 1px solid {t.secret_border}; border-radius: 6px; }}
    """
    return frames + "\n".join(rules)


def _buttons(t: Tokens, px: _Px) -> str:
    return f"""
    QPushButton {{
        background: {t.surface}; color: {t.text}; border: 1px solid {t.border}; border-bottom-color: {t.edge};
        border-radius: 6px; min-height: {px(30) - 2}px; padding: 0 12px; }}
    QPushButton:hover {{ background: {t.hover}; }}
    QPushButton:pressed {{ background: {t.pressed}; }}
    QPushButton[scale="small"] {{ min-height: {px(26) - 2}px; padding: 0 10px; }}
    QPushButton[scale="large"] {{ min-height: {px(36) - 2}px; padding: 0 16px; }}
    QPushButton:disabled {{
        background: {t.sunken}; color: {t.disabled}; border: 1px solid {t.border}; }}
    """


def _button_variants(t: Tokens) -> str:
    return f"""
    QPushButton[variant="primary"] {{
        background: {t.accent_fill}; color: {t.on_accent}; border: 1px solid {t.accent_fill}; }}
    QPushButton[variant="primary"]:hover, QPushButton[variant="primary"]:pressed {{
        background: {t.accent_fill_hover}; border-color: {t.accent_fill_hover}; }}
    QPushButton[variant="destroy"] {{
        background: {t.danger_fill}; color: {t.on_accent}; border: 1px solid {t.danger_fill}; }}
    QPushButton[variant="destroy"]:hover, QPushButton[variant="destroy"]:pressed {{
        background: {t.danger_fill_hover}; border-color: {t.danger_fill_hover}; }}
    QPushButton[variant="danger"] {{ color: {t.danger}; }}
    QPushButton[variant="primary"]:disabled, QPushButton[variant="destroy"]:disabled,
    QPushButton[variant="danger"]:disabled {{
        background: {t.sunken}; color: {t.disabled}; border: 1px solid {t.border}; }}
    """


def _quiet_buttons(t: Tokens, px: _Px) -> str:
    return f"""
    QPushButton[variant="quiet"] {{ background: transparent; border: 1px solid transparent; }}
    QPushButton[variant="quiet"]:hover {{ background: {t.hover}; }}
    QPushButton[variant="quiet"]:pressed {{ background: {t.pressed}; }}
    QPushButton[variant="link"] {{
        background: transparent; color: {t.accent}; border: none; padding: 0; min-height: {px(24)}px; }}
    QPushButton[variant="link"]:hover {{ text-decoration: underline; }}
    QPushButton[variant="quiet"]:disabled, QPushButton[variant="link"]:disabled {{
        background: transparent; color: {t.disabled}; border-color: transparent; }}
    QToolButton[kind="icon"] {{
        background: transparent; border: none; border-radius: 6px; padding: 0;
        min-width: {px(24)}px; max-width: {px(24)}px; min-height: {px(24)}px; max-height: {px(24)}px; }}
    QToolButton[kind="icon"]:hover {{ background: {t.hover}; }}
    QToolButton[kind="icon"]:pressed {{ background: {t.pressed}; }}
    """


def _navigation(t: Tokens, px: _Px) -> str:
    return f"""
    QPushButton[kind="navigation"] {{
        background: transparent; color: {t.text2}; border: none; border-radius: 6px;
        text-align: left; padding: 0 8px; min-height: {px(30)}px; }}
    QPushButton[kind="navigation"]:hover {{ background: {t.hover}; color: {t.text}; }}
    QPushButton[kind="navigation"]:checked {{ background: {t.current}; color: {t.text}; }}
    QPushButton[kind="inbox"] {{ background: transparent; border: none; border-radius: 0; padding: 0; }}
    QPushButton[kind="inbox"]:hover {{ background: {t.hover}; }}
    QPushButton[kind="inbox"]:checked {{ background: {t.selection}; }}
    QPushButton[kind="find"] {{
        background: {t.surface}; color: {t.muted}; text-align: left; padding: 0 8px; min-height: {px(30) - 2}px; }}
    QPushButton[kind="find"]:hover {{ border-color: {t.border_strong}; }}
    QLabel[kind="badge"] {{
        background: {t.accent_fill}; color: {t.on_accent}; border-radius: {px(18) // 2}px; padding: 0 6px; }}
    """


def _fields(t: Tokens, px: _Px) -> str:
    inner = px(30) - 2
    return f"""
    QLineEdit, QComboBox, QPlainTextEdit {{
        background: {t.surface}; color: {t.text}; border: 1px solid {t.border_strong}; border-radius: 6px;
        selection-background-color: {t.accent_fill}; selection-color: {t.on_accent};
        placeholder-text-color: {t.muted}; }}
    QLineEdit {{ min-height: {inner}px; padding: 0 8px; lineedit-password-character: 8226; }}
    QLineEdit[scale="large"] {{ min-height: {px(36) - 2}px; }}
    QLineEdit[kind="search"] {{ border-color: {t.border}; }}
    QComboBox {{ min-height: {inner}px; padding: 0 {px(28)}px 0 8px; }}
    QComboBox::drop-down {{ border: none; width: 0; }}
    QComboBox::down-arrow {{ image: none; }}
    QPlainTextEdit {{ padding: 4px; }}
    QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus {{ border-color: {t.ring}; }}
    QLineEdit[kind="finder"] {{ border: none; background: transparent; }}
    QLineEdit[state="error"], QComboBox[state="error"], QPlainTextEdit[state="error"] {{
        border: 2px solid {t.danger}; }}
    QLineEdit[state="error"] {{ min-height: {px(30) - 4}px; padding: 0 7px; }}
    QLineEdit[state="error"][scale="large"] {{ min-height: {px(36) - 4}px; }}
    QLineEdit:disabled, QLineEdit:read-only, QComboBox:disabled, QPlainTextEdit:disabled, QPlainTextEdit:read-only {{
        background: {t.sunken}; color: {t.muted}; border: 1px solid {t.border}; }}
    """


def _choices(t: Tokens, px: _Px) -> str:
    side = px(18) - 2
    return f"""
    QCheckBox, QRadioButton {{ spacing: 8px; background: transparent; min-height: {px(24)}px; }}
    QCheckBox:disabled, QRadioButton:disabled {{ color: {t.disabled}; }}
    QCheckBox::indicator, QRadioButton::indicator {{
        width: {side}px; height: {side}px; background: {t.surface}; border: 1px solid {t.border_strong}; }}
    QCheckBox::indicator {{ border-radius: 4px; }}
    QRadioButton::indicator {{ border-radius: {px(18) // 2}px; }}
    QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {t.accent}; }}
    QCheckBox::indicator:checked, QRadioButton::indicator:checked {{
        background: {t.accent_fill}; border-color: {t.accent_fill}; }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{
        background: {t.sunken}; border-color: {t.border}; }}
    """


def _segments_and_tabs(t: Tokens, px: _Px) -> str:
    return f"""
    QFrame[kind="segments"] {{ background: {t.sunken}; border: 1px solid {t.border}; border-radius: 6px; }}
    QPushButton[kind="segment"] {{
        background: transparent; color: {t.text2}; border: 1px solid transparent; border-radius: 4px;
        min-height: {px(26) - 2}px; padding: 0 10px; }}
    QPushButton[kind="segment"]:hover {{ color: {t.text}; }}
    QPushButton[kind="segment"]:checked {{ background: {t.surface}; color: {t.text}; border-color: {t.border}; }}
    QTabBar {{ background: transparent; border: none; }}
    QTabBar::tab {{
        background: transparent; color: {t.muted}; border: none; border-bottom: 2px solid transparent;
        padding: 0 2px; margin-right: 12px; min-height: {px(34)}px; }}
    QTabBar::tab:hover {{ color: {t.text}; }}
    QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; }}
    """


def _chips(t: Tokens, px: _Px) -> str:
    soft = {
        "neutral": (t.sunken, t.text2),
        "accent": (t.accent_soft, t.accent),
        "success": (t.success_soft, t.success),
        "warning": (t.warning_soft, t.warning),
        "danger": (t.danger_soft, t.danger),
        "secret": (t.secret_soft, t.secret),
    }
    rules = []
    for kind, (ground, line) in soft.items():
        border = f"1px solid {line}" if ground == t.window else f"1px solid {ground}"
        rules.append(f'QFrame[chip="{kind}"] {{ background: {ground}; border: {border}; border-radius: 6px; }}')
    rules.append(f"""
    QPushButton[kind="filter"] {{
        background: {t.accent_soft}; color: {t.accent}; border: 1px solid {t.accent}; border-radius: 6px;
        min-height: {px(28) - 2}px; padding: 0 10px; }}
    QPushButton[kind="filter"]:hover {{ background: {t.selection}; }}
    """)
    return "\n".join(rules)


def _tables(t: Tokens, px: _Px) -> str:
    return f"""
    QTableView {{
        background: {t.surface}; color: {t.text}; border: none; gridline-color: transparent;
        selection-background-color: {t.selection}; selection-color: {t.text}; }}
    QHeaderView {{ background: {t.surface}; border: none; }}
    QHeaderView::section {{
        background: {t.surface}; color: {t.muted}; border: none; border-bottom: 1px solid {t.border};
        padding: 0 8px; height: {px(30) - 1}px; }}
    QHeaderView::section:first {{ padding-left: 16px; }}
    QTableCornerButton::section {{ background: {t.surface}; border: none; }}
    QListView {{
        background: transparent; color: {t.text}; border: none;
        selection-background-color: {t.selection}; selection-color: {t.text}; }}
    """


def _scroll_bars(t: Tokens) -> str:
    return f"""
    QScrollBar {{ background: transparent; border: none; margin: 0; }}
    QScrollBar:vertical {{ width: 10px; }}
    QScrollBar:horizontal {{ height: 10px; }}
    QScrollBar::handle {{ background: {t.scroll}; border-radius: 3px; margin: 2px; }}
    QScrollBar::handle:vertical {{ min-height: 28px; }}
    QScrollBar::handle:horizontal {{ min-width: 28px; }}
    QScrollBar::handle:hover {{ background: {t.border_strong}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
    QAbstractScrollArea::corner {{ background: transparent; border: none; }}
    """


def _menus(t: Tokens, px: _Px) -> str:
    return f"""
    QMenu {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; padding: 4px; }}
    QMenu::item {{ padding: 0 24px 0 10px; height: {px(28)}px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.selection}; }}
    QMenu::item:disabled {{ color: {t.disabled}; }}
    QMenu::icon {{ padding-left: 8px; }}
    QMenu::separator {{ height: 1px; background: {t.hairline}; margin: 4px 8px; }}
    QComboBox QAbstractItemView {{
        background: {t.raised}; color: {t.text}; border: 1px solid {t.border_strong};
        selection-background-color: {t.selection}; selection-color: {t.text}; }}
    """
