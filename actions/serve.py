"""The action server's process, on loopback.

python -m actions.serve
"""

import logging
from typing import Any

import structlog
from rasa_sdk.endpoint import create_app
from sqlalchemy.exc import SQLAlchemyError

from actions.desk import get_engine
from bot.conversations.store import record_incident
from bot.knowledge import get_knowledge
from bot.knowledge.fresh import Follower, follow_files
from bot.knowledge.places import read_place
from bot.logs import configure_logging
from bot.settings import get_settings

log = structlog.get_logger()


def main() -> None:
    """Entry point of the process: everything slow is loaded before the first request."""
    configure_logging("actions")
    for noisy in ("rasa_sdk", "sanic.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    load()
    app = create_app("actions")
    app.register_listener(follow_knowledge, "after_server_start")
    app.run("127.0.0.1", get_settings().actions_port, access_log=False)


def load() -> None:
    """Read what a citizen would wait for: the knowledge and, for a misspelt name, the dictionary of Italian."""
    get_knowledge()
    read_place("abito a Torinno")


async def follow_knowledge(app: Any, loop: object) -> None:
    """Answers come from the files as they are now; a file that is wrong becomes an incident, and the old one is used."""
    app.add_task(follow_files(Follower(), then=load, tell=note_problem))


async def note_problem(problem: str) -> None:
    """Keep it for the operators."""
    try:
        async with get_engine().begin() as connection:
            number = await record_incident(connection, message_id=None, where="knowledge", what=problem)
    except SQLAlchemyError as error:
        log.warning("incident not kept", reason=type(error).__name__)
        return
    log.error("knowledge files are wrong", incident=number)


if __name__ == "__main__":
    main()
