"""What Rasa's process remembers is dropped when a conversation is erased, or its old events are removed.

A thread listens to PostgreSQL: whoever erases needs not know how many such processes there are, nor whether any runs.
"""

import threading
import time
from collections.abc import Callable

import psycopg
import structlog

from bot.privacy.erasing import FORGET

log = structlog.get_logger()

AGAIN_SECONDS = 1.0


class Forgetter:
    """Calls `forget(sender_id, for_good)` for each conversation named, and `forget_all()` when some may have been missed."""

    def __init__(self, url: str, *, forget: Callable[[str, bool], None], forget_all: Callable[[], None]) -> None:
        self._url = url
        self._forget = forget
        self._forget_all = forget_all
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen from now on; started already, nothing changes. The thread ends with its process."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._listen, name="forgetter", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    connection.execute(f"LISTEN {FORGET}")
                    self._forget_all()
                    for notification in connection.notifies():
                        sender_id, _, more = notification.payload.partition(" ")
                        self._forget(sender_id, not more)
            except psycopg.OperationalError as error:
                log.warning("listening for what to forget again", reason=type(error).__name__)
            time.sleep(AGAIN_SECONDS)
