"""The centre of a conversation, as the console works it out or an operator chose it."""

from sqlalchemy import ColumnElement, Text, Uuid, column, select, table
from sqlalchemy.sql.selectable import ScalarSelect

# The console makes and keeps this table; here only the centre is read.
_summaries = table("console_summaries", column("conversation_id", Uuid), column("centre", Text))


def centre_of(conversation_id: ColumnElement[object]) -> ScalarSelect[str | None]:
    """The centre of that conversation, or null."""
    mine = _summaries.c.conversation_id == conversation_id
    return select(_summaries.c.centre).where(mine).scalar_subquery()
