"""The console's process.

python -m console.serve
"""

import uvloop
from aiohttp import web

from bot.logs import configure_logging
from bot.settings import get_settings
from console.app import create_app


def main() -> None:
    """Entry point."""
    settings = get_settings()
    configure_logging("console")
    web.run_app(
        create_app(settings),
        host=settings.console_host,
        port=settings.console_port,
        access_log=None,
        print=None,
        shutdown_timeout=3,
        loop=uvloop.new_event_loop(),
    )


if __name__ == "__main__":
    main()
