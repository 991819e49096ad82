"""Models for the comparison: trained once for each state of their inputs, kept in the cache with what training cost."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.launch.model import training_environment
from bot.settings import ROOT, get_settings

COST, MODEL, LOG = "cost.json", "model.tar.gz", "train.log"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What `rasa train` took, as a process of its own and with both cores at its disposal."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    vectors_kept: bool
    when: str


@dataclass(frozen=True)
class Trained:
    """A trained model and its cost."""

    model: Path
    cost: Cost


KEPT = 3
"""How many models of one kind are kept."""


class TrainingFailed(Exception):
    """`rasa train` ended with an error; the message names its log."""


def cache_folder() -> Path:
    return get_settings().cache_dir / "bench"


def kept(folder: Path) -> Trained | None:
    """The model trained earlier in this folder, if it was."""
    if not (folder / COST).exists():
        return None
    return Trained(folder / MODEL, Cost(**json.loads((folder / COST).read_text(encoding="utf-8"))))


def train_project(name: str, project: Path, folder: Path, *, env: Mapping[str, str], vectors_kept: bool) -> Trained:
    """Run `rasa train` on a project into `folder`, which appears whole or not at all.

    Raises `TrainingFailed`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".training-") as work:
        made = Path(work) / "made"
        shutil.copytree(project, made) if project != ROOT else made.mkdir()
        where = ROOT if project == ROOT else made
        data = "nlu_data" if project == ROOT else "data"
        command = [
            sys.executable, "-m", "rasa", "train", "--force", "--fixed-model-name", "model", "--out", str(made),
            "--data", data, "--config", "config.yml", "--domain", "domain.yml",
        ]  # fmt: skip
        env = {"RASA_CACHE_DIRECTORY": str(Path(work) / "rasa"), "PYTHONPATH": str(ROOT), **env}
        print(f"training {name} ... (progress: {made / LOG})", flush=True)
        started = time.monotonic()
        with (made / LOG).open("w") as log:
            process = subprocess.Popen(
                command, cwd=where, stdout=log, stderr=log, env=training_environment() | env, start_new_session=True
            )
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        if process.returncode != 0 or not (made / MODEL).exists():
            failed = folder.parent / f"{folder.name}.failed.log"
            shutil.copy(made / LOG, failed)
            raise TrainingFailed(f"{name} could not be trained (code {process.returncode}): see {failed}")
        cost = Cost(
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss / 1024,
            vectors_kept=vectors_kept,
            when=time.strftime("%Y-%m-%d %H:%M"),
        )
        (made / COST).write_text(json.dumps(asdict(cost)), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    forget_old(folder)
    print(f"training {name}: {seconds:.0f} s", flush=True)
    return Trained(folder / MODEL, cost)


def forget_old(folder: Path) -> None:
    """Delete all but the newest models of the same kind: names are `<kind>-<hash>`."""
    kind = folder.name.rpartition("-")[0]
    same = [other for other in folder.parent.glob(f"{kind}-*") if other.name.rpartition("-")[0] == kind]
    for other in sorted(same, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(other, ignore_errors=True)
