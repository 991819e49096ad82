"""The job queue on PostgreSQL: one procrastinate application, shared by whoever defers and whoever works."""

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import DeleteJobCondition
from psycopg import AsyncConnection

from bot.storage.engine import database_url

ANSWER_TASK = "answer"
HEARTBEAT_SECONDS = 1.0
STALLED_AFTER_SECONDS = 6.0
"""A worker silent for this long is taken for dead and its jobs are given to another. Answering twice is prevented
where the answer is stored, so a short time costs at most some work done twice."""

DELETE_DONE = DeleteJobCondition.SUCCESSFUL


def create_queue(*, min_size: int = 1, max_size: int = 4) -> App:
    """An application bound to the configured database; open it with `async with queue.open_async()`.

    Of its own connections each statement is a transaction, not waited for to be on disk: if it is lost in a crash, the job
    is taken, or ended, once more. A job deferred on somebody else's connection is as durable as what it is deferred with.
    """
    return App(
        connector=PsycopgConnector(
            conninfo=database_url(),
            min_size=min_size,
            max_size=max_size,
            configure=_single_statements,
        )
    )


async def _single_statements(connection: AsyncConnection) -> None:
    await connection.set_autocommit(True)
    await connection.execute("SET synchronous_commit = off")
