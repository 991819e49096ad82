"""The action server's process, on loopback.

python -m actions.serve
"""

import logging

from rasa_sdk.endpoint import create_app

from bot.knowledge import get_knowledge
from bot.knowledge.places import read_place
from bot.logs import configure_logging
from bot.settings import get_settings


def main() -> None:
    """Entry point of the process: everything slow is loaded before the first request."""
    configure_logging("actions")
    for noisy in ("rasa_sdk", "sanic.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    get_knowledge()
    # A misspelt name, so that the dictionary of Italian is read now: half a second that a citizen would wait for.
    read_place("abito a Torinno")
    create_app("actions").run("127.0.0.1", get_settings().actions_port, access_log=False)


if __name__ == "__main__":
    main()
