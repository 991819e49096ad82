"""The two systems under load: ours with `sportello run`, and Rasa with `rasa run` as it comes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from dotenv import dotenv_values

from bench.processes import StartFailed, System, free_ports
from bot.launch.model import training_environment
from bot.settings import ROOT

READY_WITHIN_SECONDS = 600.0
LOOK_EVERY_SECONDS = 0.02
TRAINING = "] addestro il modello"
ROLES = {
    "Rasa": "bot.dialogue.serve",
    "actions": "actions.serve",
    "worker": "channels.worker",
    "edge": "channels.edge",
}

UNLIMITED = {
    "SPORTELLO_CONVERSATION_RATE": "100000",
    "SPORTELLO_CONVERSATION_BURST": "100000",
    "SPORTELLO_IP_RATE": "100000",
    "SPORTELLO_IP_BURST": "100000",
    "SPORTELLO_NEW_CONVERSATION_RATE": "100000",
    "SPORTELLO_NEW_CONVERSATION_BURST": "100000",
}
"""The limits that protect the edge from one address: the load comes from one address."""


class Sportello:
    """Our system on free ports, with its data in one folder."""

    def __init__(self, data: Path) -> None:
        http, rasa, actions, metrics, console = free_ports(5)
        self.base = f"http://127.0.0.1:{http}"
        self._data = data
        self._env = os.environ | UNLIMITED | {
            "SPORTELLO_DATA_DIR": str(data),
            "SPORTELLO_HTTP_PORT": str(http),
            "SPORTELLO_CONSOLE_PORT": str(console),
            "SPORTELLO_RASA_PORT": str(rasa),
            "SPORTELLO_ACTIONS_PORT": str(actions),
            "SPORTELLO_WORKER_METRICS_PORT": str(metrics),
            "PYTHONWARNINGS": "ignore",
        }  # fmt: skip
        self._env.pop("DATABASE_URL", None)
        if dotenv_values(ROOT / ".env").get("DATABASE_URL"):
            raise SystemExit("DATABASE_URL is set in .env: the benchmark would write there. Take it out for the time.")

    def ensure_model(self) -> None:
        """Train the model that is served, unless it is there: the start is measured with it in place."""
        subprocess.run([sys.executable, "-m", "bot.cli", "train"], cwd=ROOT, env=self._env, check=True)

    @contextmanager
    def running(self) -> Iterator[tuple[System, float]]:
        """The system, ready, and the seconds from the command to "pronto"; stopped afterwards.

        Raises `StartFailed`.
        """
        command = [sys.executable, "-m", "bot.cli", "run"]
        log = self._data.with_name("sportello.log")
        system = System(command, cwd=ROOT, env=self._env, log=log, roles=ROLES, own="supervisor")
        system.also(self._data / "postgres" / "postmaster.pid")
        try:
            seconds = wait_until(system, lambda: "] pronto" in system.said())
            if TRAINING in system.said():
                print("ATTENTION: the model's inputs changed, so this start trained a model: its seconds say nothing.")
            yield system, seconds
        finally:
            system.stop()


class StockRasa:
    """`rasa run` on the stock model: REST channel, plain answers, trackers in memory."""

    def __init__(self, project: Path) -> None:
        (port,) = free_ports(1)
        self.base = f"http://127.0.0.1:{port}"
        self._project, self._port = project, port

    @contextmanager
    def running(self, folder: Path) -> Iterator[tuple[System, float]]:
        """The system, ready, and the seconds its start took; stopped afterwards.

        Raises `StartFailed`.
        """
        command = [
            sys.executable, "-m", "rasa", "run", "--model", "model.tar.gz", "--interface", "127.0.0.1",
            "--port", str(self._port), "--credentials", "credentials.yml", "--endpoints", "endpoints.yml",
        ]  # fmt: skip
        log = folder / "stock.log"
        env = training_environment()
        system = System(command, cwd=self._project, env=env, log=log, roles={}, own="Rasa")
        try:
            yield system, wait_until(system, lambda: answers(f"{self.base}/webhooks/rest/"))
        finally:
            system.stop()


def wait_until(system: System, ready: Callable[[], bool]) -> float:
    """Seconds from the start of the command until it is ready.

    Raises `StartFailed` when it ends before, or takes too long.
    """
    while not ready():
        system.check_alive()
        if time.monotonic() - system.started > READY_WITHIN_SECONDS:
            raise StartFailed(f"not ready in {READY_WITHIN_SECONDS:.0f} s: see {system.log}")
        time.sleep(LOOK_EVERY_SECONDS)
    return time.monotonic() - system.started


def answers(url: str) -> bool:
    """Whether an address answers 200."""
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
