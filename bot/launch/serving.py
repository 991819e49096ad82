"""Serving models on this machine: one process a model, a new one beside the old until it has taken over.

The order of a change: a second Rasa process is started with the new model on a port of its own, waited for and warmed; its
address is written where workers read it; the old process takes no more messages, finishes those under way, and is stopped.
A message that meets the change is asked again at the new address (`bot.dialogue.client`), and a turn is stored once,
whoever ran it (`bot.dialogue.tracker_store`). If the new process does not come up, the old one has never stopped.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.dialogue.address import place_of
from bot.launch.children import Child, keep_running
from bot.launch.model import program
from bot.settings import Settings
from bot.storage.waking import wake_ups
from bot.teaching.kept import model_file, prune
from bot.teaching.live import (
    MODELS_CHANGED,
    Choice,
    note_failure,
    note_live,
    previous_model,
    tell_models_changed,
    wanted_choice,
)
from bot.teaching.model_tables import models, servers

READY_WITHIN_SECONDS = 120
MOST_DEATHS = 2
"""A new process that has ended so often before it was ready has a model it cannot serve."""
LOOK_SECONDS = 5.0
INPUT = "/webhooks/sportello"

Report = Callable[[str], None]
MakeChild = Callable[[str, int], Child]
"""The process that serves a model on a port."""


class NotServedError(Exception):
    """A model did not come up; the message is a sentence for operators."""


@dataclass(eq=False)
class Server:
    """One process that serves a model, kept running until it is stopped."""

    model_id: str
    port: int
    task: asyncio.Task[None]
    deaths: int = 0

    @property
    def url(self) -> str:
        """Where it answers, on loopback."""
        return f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        """End it."""
        self.task.cancel()
        # Not awaited itself: whoever is cancelled while it waits here must hear of it.
        await asyncio.wait({self.task})


class Serving:
    """The models served by this `sportello run`: one, and for the time of a change two."""

    def __init__(self, engine: AsyncEngine, settings: Settings, make_child: MakeChild, report: Report) -> None:
        self._engine = engine
        self._settings = settings
        self._make_child = make_child
        self._report = report
        self._now: Server | None = None
        self._others: set[Server] = set()
        self._passed_over = 0

    async def start(self, model_id: str) -> None:
        """Serve the model of this start, on the port of the settings."""
        self._now = self._launch(model_id, self._settings.rasa_port)
        await self._publish(self._now, "serving")

    async def follow(self) -> None:
        """Bring about what is chosen, choice after choice; ends only when cancelled."""
        async for _ in wake_ups(MODELS_CHANGED, every=LOOK_SECONDS):
            try:
                await self._look()
            except SQLAlchemyError as error:
                self._report(f"il database non risponde mentre guardo i modelli ({type(error).__name__})")

    async def close(self) -> None:
        """Stop every process, and say that nothing is served here any more."""
        for server in (self._now, *self._others):
            if server is not None:
                await server.stop()
        with suppress(SQLAlchemyError):
            async with self._engine.begin() as connection:
                await connection.execute(delete(servers).where(servers.c.place == place_of(self._settings)))

    async def _look(self) -> None:
        assert self._now is not None
        # Said again each time: it mends what a lost connection or another start left behind.
        await self._publish(self._now, "serving", announce=False)
        async with self._engine.connect() as connection:
            choice = await wanted_choice(connection)
        if choice is None:
            return
        if choice.model_id != self._now.model_id:
            await self._change(choice)
        elif choice.live_at is None:
            async with self._engine.begin() as connection:
                await note_live(connection, choice.seq)

    async def _change(self, choice: Choice) -> None:
        assert self._now is not None
        if not await self._suits(choice):
            return
        started = time.monotonic()
        await self._publish(self._now, "starting")
        new = self._launch(choice.model_id, self._free_port())
        self._others.add(new)
        try:
            await self._ready(new)
            await self._publish(new, "draining")
        except NotServedError as error:
            self._report(f"il modello {choice.model_id} non entra in servizio: {error}")
            await self._give_up(new)
            async with self._engine.begin() as connection:
                await note_failure(connection, choice.seq, str(error))
            return
        except SQLAlchemyError:
            await self._give_up(new)
            raise
        old, self._now = self._now, new
        self._others = {old}
        async with self._engine.begin() as connection:
            await note_live(connection, choice.seq)
        self._report(f"modello {new.model_id} in servizio in {time.monotonic() - started:.1f} s")
        await self._drained(old)
        await self._give_up(old)
        await self._publish(new, "serving")
        await self._delete_old()

    async def _suits(self, choice: Choice) -> bool:
        """Whether this program can serve the chosen model; while machines are brought up to date one by one, some cannot."""
        async with self._engine.begin() as connection:
            wanted = select(models.c.program).where(models.c.id == choice.model_id)
            fits = (await connection.execute(wanted)).scalar() == await asyncio.to_thread(program, self._settings)
            if fits and not model_file(self._settings, choice.model_id).exists():
                await note_failure(connection, choice.seq, "Il file del modello non c'è su questa macchina.")
                return False
        if not fits and self._passed_over != choice.seq:
            self._passed_over = choice.seq
            self._report(f"il modello {choice.model_id} è di un'altra versione del programma: tengo quello che ho")
        return fits

    def _launch(self, model_id: str, port: int) -> Server:
        child = self._make_child(model_id, port)

        def ended(line: str) -> None:
            server.deaths += 1
            self._report(line)

        server = Server(model_id, port, asyncio.create_task(keep_running(child, ended)))
        return server

    async def _give_up(self, server: Server) -> None:
        await server.stop()
        self._others.discard(server)

    def _free_port(self) -> int:
        """The port of the settings if it is free, else any."""
        assert self._now is not None
        wanted = 0 if self._now.port == self._settings.rasa_port else self._settings.rasa_port
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    async def _ready(self, server: Server) -> None:
        """Wait until a process answers, and make it do once what is slow the first time."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{INPUT}/") as answer:
                        status = answer.status
                    if status == 503:
                        # It listens only once it has tried to load its model.
                        raise NotServedError("Il modello non si carica: vedi rasa.log.")
                    if status == 200:
                        async with session.post(f"{INPUT}/warm") as answer:
                            if answer.status == 200:
                                return
                if server.deaths >= MOST_DEATHS:
                    raise NotServedError("Il processo che lo serve si ferma appena parte: vedi rasa.log.")
                if time.monotonic() > deadline:
                    raise NotServedError(f"Il processo che lo serve non risponde entro {READY_WITHIN_SECONDS} secondi.")
                await asyncio.sleep(0.2)

    async def _drained(self, server: Server) -> None:
        """Wait until a process has finished its messages; those that come to it now are sent to the new one."""
        deadline = time.monotonic() + self._settings.reply_timeout
        async with aiohttp.ClientSession(server.url, timeout=aiohttp.ClientTimeout(total=10)) as session:
            while time.monotonic() < deadline:
                try:
                    async with session.post(f"{INPUT}/drain") as answer:
                        if answer.status == 200 and (await answer.json())["under_way"] == 0:
                            return
                except (aiohttp.ClientError, TimeoutError):
                    # It is dead: what it was answering is asked again elsewhere.
                    return
                await asyncio.sleep(0.1)

    async def _publish(self, server: Server, step: str, *, announce: bool = True) -> None:
        now = func.clock_timestamp()
        row = {"place": place_of(self._settings), "url": server.url, "model_id": server.model_id, "step": step}
        said = row | {"seen_at": now}
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(servers).values(row).on_conflict_do_update(index_elements=["place"], set_=said)
            )
            if announce:
                await tell_models_changed(connection)

    async def _delete_old(self) -> None:
        assert self._now is not None
        async with self._engine.begin() as connection:
            previous = await previous_model(connection)
            gone = await prune(connection, self._settings, keep={self._now.model_id, *filter(None, [previous])})
        if gone:
            self._report(f"modelli vecchi cancellati: {len(gone)}")
