"""The job queue on PostgreSQL: one procrastinate application, shared by whoever defers and whoever works."""

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import DeleteJobCondition

from bot.storage.engine import database_url

ANSWER_TASK = "answer"
HEARTBEAT_SECONDS = 1.0
STALLED_AFTER_SECONDS = 6.0
"""A worker silent for this long is taken for dead and its jobs are given to another. Answering twice is prevented
where the answer is stored, so a short time costs at most some work done twice."""

DELETE_DONE = DeleteJobCondition.SUCCESSFUL


def create_queue(*, min_size: int = 1, max_size: int = 4) -> App:
    """An application bound to the configured database; open it with `async with queue.open_async()`."""
    return App(connector=PsycopgConnector(conninfo=database_url(), min_size=min_size, max_size=max_size))
