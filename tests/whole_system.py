"""`sportello run` as a test starts it: real processes, real model, its own database, folder and ports."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from support import free_port, servers

from bot.settings import ROOT

COMMAND = [str(Path(sys.executable).parent / "sportello"), "run"]
READY_WITHIN = 240  # seconds; a model may have to be trained


class System:
    """`sportello run` in a folder and on ports of its own."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.http_port, rasa_port, actions_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.output = folder / "output.txt"
        self.console_port = free_port()
        settings |= {"http_port": self.http_port, "rasa_port": rasa_port, "actions_port": actions_port}
        settings |= {"console_port": self.console_port, "console_url": f"http://127.0.0.1:{self.console_port}"}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                COMMAND,
                cwd=ROOT,
                env=environment(folder, **settings),
                stdout=output,
                stderr=output,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        self.wait_until_said("pronto: apri")

    def wait_until_said(self, words: str) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while words not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.2)

    def trouble(self) -> str:
        """The last lines of the processes' logs, for whoever reads a failed test."""
        logs = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in logs)

    def child(self, module: str) -> psutil.Process:
        """The supervisor's child running that module."""
        [found] = [c for c in psutil.Process(self.process.pid).children() if module in _command(c)]
        return found

    def database(self) -> str:
        """The address of its embedded database."""
        return self.child("channels.worker").environ()["DATABASE_URL"]

    def children(self, module: str) -> list[psutil.Process]:
        """Every process below the supervisor that runs that module."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in family if one.is_running() and module in _command(one)]

    def stop(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)

    def kill(self, module: str) -> None:
        """SIGKILL, as the kernel does when memory is short."""
        self.child(module).kill()

    def end(self) -> None:
        """Whatever happened, nothing of this start goes on running."""
        family = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        self.process.kill()
        self.process.wait()
        for process in (*family, *servers(self.folder)):
            with suppress(psutil.NoSuchProcess):
                process.terminate()


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def environment(folder: Path, **settings: object) -> dict[str, str]:
    """The environment of a start: nothing of the tests' own, the encoder and the cache of whoever runs them."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {"SPORTELLO_DATA_DIR": str(folder)} | {f"SPORTELLO_{k.upper()}": str(v) for k, v in settings.items()}


IN_MEMORY = Path("/dev/shm")  # noqa: S108 - each folder in it has a name of its own
ROOM_NEEDED = 2 << 30  # bytes


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL, which root runs as another user, can reach; in memory where there is room.

    Making a database takes a quarter of a second on a slow disk, and each test has its own.
    """
    there = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_NEEDED
    with tempfile.TemporaryDirectory(prefix="sportello-system-", dir=IN_MEMORY if there else None) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def run(started: System) -> Iterator[System]:
    try:
        started.wait_until_ready()
        yield started
    finally:
        if started.process.poll() is None:
            started.process.send_signal(signal.SIGINT)
            started.process.wait(60)
        started.end()
