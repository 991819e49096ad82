"""Understanding outside a conversation: the trained Rasa model, asked one text at a time."""

import asyncio
import logging
import os
import warnings
from pathlib import Path
from typing import Any

from bot.logs import configure_logging
from bot.nlu.reading import read_parse
from bot.nlu.without_tensorflow import leave_out_tensorflow
from bot.settings import get_settings


def quiet_logging() -> None:
    """Warnings only, on standard error: standard output is for the answers, and the texts are citizens' words."""
    configure_logging("understand")
    logging.getLogger().setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


class Interpreter:
    """A loaded model. Loading imports Rasa and takes some seconds; understanding takes milliseconds."""

    def __init__(self, model: Path) -> None:
        os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
        os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
        quiet_logging()
        leave_out_tensorflow()
        # Imported here: whoever only imports this module should not wait for Rasa.
        from rasa.core.agent import Agent

        self._agent = Agent.load(model)

    @classmethod
    def from_current_model(cls) -> "Interpreter":
        """The model for the present data, trained first if there is none."""
        from bot.launch.model import ensure_model

        return cls(ensure_model(get_settings(), lambda line: None))

    def parse(self, text: str) -> dict[str, Any]:
        """Rasa's own parse of a text."""
        return dict(asyncio.run(self._agent.parse_message(text.lstrip("/ \n\t") or "?")))

    def understand(self, text: str) -> dict[str, Any]:
        """`{text, intent, confidence, entities, fallback, ranking}`; see `bot.nlu.reading`."""
        return read_parse(self.parse(text)) | {"text": text}
