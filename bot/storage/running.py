"""Whether the embedded PostgreSQL server runs, and where; nothing is started."""

from pathlib import Path
from urllib.parse import quote

import psutil

DATABASE = "sportello"


def running_url(data_dir: Path) -> str | None:
    """Connection address of the assistant's database, if its server runs on this data folder."""
    try:
        # Process, folder, start, port, folder of the socket, …: the format of PostgreSQL's own postmaster.pid.
        pid, _, _, port, socket, *_ = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        alive = psutil.pid_exists(int(pid))
    except (OSError, ValueError):
        return None
    return f"postgresql://postgres:@/{DATABASE}?host={quote(socket, safe='')}&port={int(port)}" if alive else None
