"""The published form of who may do what: docs/permissions.md, written from the tables that the program holds."""

from core.access.model import GRANTS, Role
from core.access.second_operator import GOVERNED

_HEAD = """\
# Who may do what

These are the tables that the program holds (`core/access/model.py`, `core/access/second_operator.py`); a test compares
them. What is not in them is refused.

## Role x use case
"""
_SECOND = """
## What takes two operators
With dual control on, one operator asks for each of these, and another one with a role of the third column approves it
by a signature with the own key. *Always* means: whatever the setting `approval_policy` says.
"""


def published_table() -> str:
    """Return the text of docs/permissions.md."""
    roles = list(Role)
    rows = [
        f"| use case | permission | {' | '.join(role.value for role in roles)} |",
        f"|---|---|{'---|' * len(roles)}",
    ]
    for permission, grant in GRANTS.items():
        marks = " | ".join("yes" if role in grant.roles else "no" for role in roles)
        rows.append(f"| {grant.use} | `{permission.value}` | {marks} |")
    second = ["| operation | name | who may approve | when |", "|---|---|---|---|"]
    for kind, governed in GOVERNED.items():
        approvers = ", ".join(sorted(role.value for role in governed.approvers))
        when = "always" if governed.always else "if the policy names it"
        second.append(f"| {governed.title} | `{kind.value}` | {approvers} | {when} |")
    return "\n".join([_HEAD, *rows, _SECOND, *second, ""])
