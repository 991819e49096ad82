"""Rasa's process: serves one trained model on loopback.

python -m bot.dialogue.serve MODEL
"""

import logging
import sys

from bot.logs import configure_logging
from bot.nlu.without_tensorflow import leave_out_tensorflow
from bot.settings import ROOT, get_settings


def main() -> None:
    """Entry point of the process."""
    configure_logging("rasa")
    for noisy in ("rasa", "matplotlib", "apscheduler", "sanic.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    leave_out_tensorflow()
    # Imported here: it takes seconds, and whoever only imports this module should not pay for it.
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    from bot.dialogue.quicker import make_rasa_quicker

    make_rasa_quicker()

    settings = get_settings()
    serve_application(
        sys.argv[1],
        interface="127.0.0.1",
        port=settings.rasa_port,
        credentials=str(ROOT / "credentials.yml"),
        endpoints=AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")),
    )


if __name__ == "__main__":
    main()
