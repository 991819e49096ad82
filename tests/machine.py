"""The system on one folder, started again at another moment, with the doubles of the providers."""

from pathlib import Path

from support import until
from whole_system import System


class Machine:
    """One installation, whose clock is set at each start."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder, self.settings = folder, settings
        self.system: System | None = None

    def start(self, now: str) -> str:
        """Start at that moment; its address."""
        self.system = System(self.folder, now=now, **self.settings)
        return self.system.url

    async def ready(self) -> None:
        """Wait until it answers."""

        def says_so() -> bool:
            assert self.system is not None
            assert self.system.process.poll() is None, self.system.said()
            return "pronto: apri" in self.system.said()

        await until(says_so, within=240, every=0.2)

    async def stop(self) -> None:
        """Stop what runs, if anything does."""
        if self.system is not None:
            self.system.process.terminate()
            await until(lambda: self.system is None or self.system.process.poll() is not None, within=60, every=0.1)
            self.system.end()
            self.system = None
