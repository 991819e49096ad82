"""Processes under measurement: started, looked at, and stopped again by their ids."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

STOP_SECONDS = 30.0


class StartFailed(Exception):
    """A system did not start; the message has the end of its output."""


def end_cleanly_when_told() -> None:
    """Let SIGTERM unwind like Ctrl-C does, so that what was started is stopped."""

    def end(signum: int, frame: object) -> None:
        print("told to end (SIGTERM)", file=sys.stderr)
        sys.exit(128 + signum)

    signal.signal(signal.SIGTERM, end)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at this moment."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


class System:
    """A started command and everything it started. `roles`: name of a process -> a piece of its command line."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        roles: Mapping[str, str],
        own: str,
    ) -> None:
        self.log = log
        self._roles, self._own = roles, own
        self._extra_roots: list[Path] = []
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=cwd, env=dict(env), stdout=output, stderr=output, start_new_session=True
            )
        self.started = time.monotonic()

    def also(self, pid_file: Path) -> None:
        """Count the process named in a file, and its children, too: a daemon is no child of ours."""
        self._extra_roots.append(pid_file)

    def check_alive(self) -> None:
        """Raise `StartFailed` when the command has ended."""
        if self._process.poll() is not None:
            raise StartFailed(f"ended with {self._process.returncode}:\n{self.said()[-2000:]}")

    def said(self) -> str:
        """What the command wrote so far."""
        return self.log.read_text(errors="replace")

    def by_role(self) -> dict[str, list[psutil.Process]]:
        """The living processes, by name."""
        found: dict[str, list[psutil.Process]] = defaultdict(list)
        for process in self._living():
            try:
                name, line = process.name(), " ".join(process.cmdline())
            except psutil.Error:
                continue
            role = next((role for role, piece in self._roles.items() if piece in line), None)
            if role is None:
                role = "postgres" if name == "postgres" else self._own
            found[role].append(process)
        return dict(found)

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds so far, by name; those of ended children are in their parent's."""
        return {role: sum(map(_cpu, processes)) for role, processes in self.by_role().items()}

    def memory_mb(self) -> dict[str, tuple[float, float]]:
        """(resident, proportional) MB by name; proportional divides pages among the processes that share them."""
        return {role: _sum_pairs(map(_memory, processes)) for role, processes in self.by_role().items()}

    def stop(self) -> None:
        """Ask the command to end, then end whatever of its processes is left."""
        everything = self._living()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"still running after {STOP_SECONDS:.0f} s: {self._own} ({self._process.pid})")
        _, left = psutil.wait_procs(everything, timeout=5)
        for process in left:
            print(f"left over and now killed: {process.pid} {process.name()}")
            process.kill()
        psutil.wait_procs(left, timeout=5)
        self._process.wait()

    def _living(self) -> list[psutil.Process]:
        roots = [self._process.pid, *filter(None, map(_pid_in, self._extra_roots))]
        found: dict[int, psutil.Process] = {}
        for pid in roots:
            try:
                root = psutil.Process(pid)
                found |= {process.pid: process for process in (root, *root.children(recursive=True))}
            except psutil.Error:
                continue
        return list(found.values())


def _pid_in(path: Path) -> int | None:
    try:
        pid = int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if psutil.pid_exists(pid) and pid != os.getpid() else None


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _memory(process: psutil.Process) -> tuple[float, float]:
    try:
        info = process.memory_full_info()
    except psutil.Error:
        return 0.0, 0.0
    return info.rss / 2**20, info.pss / 2**20


def _sum_pairs(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    firsts, seconds = zip(*pairs, strict=True)
    return sum(firsts), sum(seconds)
