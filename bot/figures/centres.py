"""The centre of a conversation, as the console works it out or an operator chose it."""

from sqlalchemy import ColumnElement, Text, Uuid, column, select, table

from bot.figures.period import Scope

# The console makes and keeps this table; here only the centre is read.
summaries = table("console_summaries", column("conversation_id", Uuid), column("centre", Text))


def within(scope: Scope, conversation_id: ColumnElement[object]) -> ColumnElement[bool]:
    """Whether that conversation is of one of these centres."""
    return conversation_id.in_(select(summaries.c.conversation_id).where(scope.condition(summaries.c.centre)))
