"""Checks before anything is started: ports free, disk not full."""

import shutil
import socket
from pathlib import Path

from bot.launch.errors import LaunchError
from bot.settings import Settings


def check_ports(settings: Settings) -> None:
    """Raise `LaunchError` for the first port somebody else listens on, naming the variable that changes it."""
    wanted = {
        "SPORTELLO_HTTP_PORT": (settings.http_host, settings.http_port),
        "SPORTELLO_CONSOLE_PORT": (settings.console_host, settings.console_port),
        "SPORTELLO_RASA_PORT": ("127.0.0.1", settings.rasa_port),
        "SPORTELLO_ACTIONS_PORT": ("127.0.0.1", settings.actions_port),
    }
    taken: dict[int, str] = {}
    for variable, (host, port) in wanted.items():
        if port in taken:
            raise LaunchError(f"La porta {port} è scelta due volte, con {taken[port]} e {variable}: danne una diversa.")
        taken[port] = variable
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise LaunchError(
                    f"La porta {port} non si può usare ({error.strerror}). "
                    f"Chiudi il programma che la usa o scegline un'altra con {variable}."
                ) from None


def check_disk(folder: Path, *, min_free_mb: int) -> None:
    """Raise `LaunchError` when the disk of the data folder has too little room, or the folder cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LaunchError(f"La cartella dei dati {folder} non si può creare: {error.strerror}.") from None
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < min_free_mb:
        raise LaunchError(
            f"Sul disco di {folder} restano {free_mb} MB e ne servono {min_free_mb}. "
            "Libera spazio o sposta i dati con SPORTELLO_DATA_DIR."
        )
