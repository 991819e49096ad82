"""Commands beside a running system: they use its embedded database and its secret, without any configuration."""

import os

from bot.settings import get_settings
from bot.storage.running import running_url

SECRET_FILE = "secret.key"  # noqa: S105 - its name


def join_running() -> None:
    """Set `DATABASE_URL` and the secret to those of the system running on this data folder, if one is and none is set."""
    settings = get_settings()
    if settings.database_url is not None:
        return
    url = running_url(settings.data_dir)
    if url is None:
        return
    os.environ["DATABASE_URL"] = url
    secret = settings.data_dir / SECRET_FILE
    if settings.secret_key is None and secret.exists():
        os.environ["SPORTELLO_SECRET_KEY"] = secret.read_text(encoding="ascii").strip()
    get_settings.cache_clear()
