"""One made-up conversation, built message by message as the product would have stored it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from bot.clock import ROME
from bot.conversations.addresses import PURPOSE
from bot.conversations.model import Button, Link, Reply
from bot.privacy.answers import SHOWN, Kind
from bot.privacy.sealing import fingerprint, seal
from bot.storage.tables import addresses, conversations, feedback, messages, parses, private_answers
from channels.capabilities import CHANNELS
from channels.sentences import GREETING, GREETING_SHORT, PRIVACY_TITLE, say
from console.demo.deliveries import delivered
from console.demo.ids import new_id
from console.demo.people import Person
from console.demo.wording import Said
from console.demo.world import World

WEBCHAT = "webchat"
DOUBTFUL = 0.09
"""So many answers are given with little confidence."""


class Talk:
    """One conversation. Time goes on with every message; `finish` hands the rows over."""

    def __init__(self, world: World, chance: Random, person: Person, *, channel: str, at: datetime) -> None:
        self.world, self.chance, self.person, self.channel = world, chance, person, channel
        self.id = new_id(chance)
        self.opened = self.now = at
        self.owner, self.with_person = "bot", False
        self.operator_name: str | None = None
        self.unlucky = chance.random() < 0.03
        self._messages: list[dict[str, Any]] = []
        self._choices: tuple[Button, ...] = ()
        self._last_citizen: dict[str, Any] | None = None
        self._address_id = None if channel == WEBCHAT else new_id(chance)
        self._stopped_at: datetime | None = None
        self.noted: set[tuple[object, ...]] = set()  # of unmet demand, by day
        if channel == WEBCHAT:
            self.bot(Reply(text=say(GREETING), links=(Link(title=PRIVACY_TITLE, url="/privacy"),)), wait=0)

    @property
    def today(self) -> date:
        """The day of the conversation, in Italy."""
        return self.now.astimezone(ROME).date()

    @property
    def is_over(self) -> bool:
        """Whether the month has ended meanwhile."""
        return self.now >= self.world.end

    @property
    def last_seq(self) -> int:
        """The number of the last message."""
        return len(self._messages)

    def passes(self, low: float, high: float) -> None:
        """So many seconds go by."""
        self.now += timedelta(seconds=self.chance.uniform(low, high))

    # What citizens do

    def asks(self, said: Said, intent: str, *actions: str, near: Sequence[str] = ()) -> None:
        """A message that is understood."""
        unsure = self.chance.random() < DOUBTFUL
        confidence = self.chance.uniform(0.6, 0.7) if unsure else max(0.71, 0.995 - self.chance.expovariate(14))
        self.writes(said.text)
        self._understood(intent, confidence, said.entities, near, actions, fallback=False)

    def puzzles(self, said: Said, near: Sequence[str]) -> None:
        """A message that is not understood; `near`: what it was taken for."""
        self.writes(said.text)
        confidence = self.chance.uniform(0.2, 0.58)
        self._understood(near[0], confidence, said.entities, near[1:], ("action_not_understood",), fallback=True)

    def strays(self, said: Said) -> None:
        """A matter of somebody else, recognised as such."""
        self.writes(said.text)
        confidence = self.chance.uniform(0.62, 0.97)
        self._understood("out_of_scope", confidence, said.entities, (), ("action_declined",), fallback=True)

    def presses(self, button: Button, *actions: str) -> dict[str, str]:
        """A choice just shown: touched, or written as its number. Returns what it carries."""
        intent, _, carried = button.payload.removeprefix("/").partition("{")
        values: dict[str, str] = json.loads("{" + carried) if carried else {}
        numbered = CHANNELS[self.channel].numbered and button in self._choices
        text = str(self._choices.index(button) + 1) if numbered else button.title
        self.writes(text, payload=None if numbered else button.payload)
        entities = [{"entity": key, "value": value, "start": 0, "end": 0} for key, value in values.items()]
        self._understood(intent, 1.0, entities, (), actions, fallback=False)
        return values

    def means(self, intent: str, values: dict[str, str], *actions: str) -> None:
        """What was just written is taken as a button would be: the words stay as they are."""
        entities = [{"entity": key, "value": value, "start": 0, "end": 0} for key, value in values.items()]
        self._understood(intent, 1.0, entities, (), actions, fallback=False)

    def gives(self, kind: Kind, words: str, value: str) -> None:
        """An answer with personal data: sealed, and kept from the dialogue."""
        intent = "call_back" if kind == "phone" else "choose"
        payload = f"/{intent}" + json.dumps({"given": kind}, separators=(",", ":"))
        self.writes(f"({SHOWN[kind]})", payload=payload, sealed=words)
        entities = [{"entity": "given", "value": kind, "start": 0, "end": 0}]
        action = "action_call_back" if kind == "phone" else "appointment_form"
        self._understood(intent, 1.0, entities, (), (action,), fallback=False)
        if kind != "phone":
            row = {"conversation_id": self.id, "kind": kind, "sealed": seal(value), "kept_at": self.now}
            self.world.rows.add(private_answers, **row)

    def writes(self, text: str, *, payload: str | None = None, sealed: str | None = None) -> None:
        """Words alone: what is done with them is told apart."""
        first = not any(row["sender"] == "citizen" for row in self._messages)
        if not first or self.channel == WEBCHAT:
            self.passes(6, 70)
        self._last_citizen = self._add("citizen", text, payload=payload, sealed=seal(sealed) if sealed else None)
        if first and self.channel != WEBCHAT:
            self.bot(Reply(text=say(GREETING_SHORT)), wait=0.2, answers=False)

    def stops(self) -> None:
        """From now on the person does not want to be written to."""
        self._stopped_at = self.now

    def rates(self, rating: str, comment: str) -> None:
        """What the citizen thought of it; only the web chat asks."""
        if self.channel == WEBCHAT and not self.is_over:
            at = self.now + timedelta(seconds=self.chance.uniform(5, 60))
            row = {"conversation_id": self.id, "rating": rating, "comment": comment}
            self.world.rows.add(feedback, **row, created_at=at, changed_at=at)

    # What is answered

    def bot(self, *replies: Reply, wait: float | None = None, answers: bool = True) -> None:
        """The assistant's answer; several replies are one message. `answers` False: it says it unasked."""
        self.now += timedelta(seconds=self.chance.uniform(0.6, 2.2) if wait is None else wait)
        text = "\n\n".join(reply.text for reply in replies if reply.text)
        buttons = tuple({button.payload: button for reply in replies for button in reply.buttons}.values())
        links = [asdict(link) for reply in replies for link in reply.links]
        asked = self._last_citizen if answers else None
        self._add("bot", text, buttons=buttons, links=links, in_reply_to=asked["id"] if asked else None)
        if asked is not None and asked["answered_at"] is None:
            asked["answered_at"] = self.now
        self._choices = buttons

    def person_says(self, name: str, text: str) -> UUID:
        """An operator's message, and its id; what the citizen wrote before counts as answered."""
        self.passes(25, 150)
        said = self._add("operator", text, author=name)
        for row in self._messages:
            if row["sender"] == "citizen" and row["answered_at"] is None:
                row["answered_at"] = self.now
        message_id: UUID = said["id"]
        return message_id

    def settle(self) -> None:
        """Nothing waits for an answer."""
        for row in self._messages:
            if row["sender"] == "citizen" and row["answered_at"] is None:
                row["answered_at"] = self.now

    @property
    def choices(self) -> tuple[Button, ...]:
        """The choices shown last."""
        return self._choices

    @property
    def last_question(self) -> UUID:
        """The citizen's last message."""
        assert self._last_citizen is not None
        found: UUID = self._last_citizen["id"]
        return found

    # Rows

    def _understood(
        self,
        intent: str,
        confidence: float,
        entities: list[dict[str, Any]],
        near: Sequence[str],
        actions: Sequence[str],
        *,
        fallback: bool,
    ) -> None:
        ranking = [] if confidence == 1.0 else [{"name": intent, "confidence": round(confidence, 4)}]
        rest = 1 - confidence
        for name in near if ranking else ():
            share = rest * self.chance.uniform(0.35, 0.6)
            rest -= share
            ranking.append({"name": name, "confidence": round(min(share, confidence * 0.95), 4)})
        assert self._last_citizen is not None
        self.world.rows.add(
            parses,
            message_id=self._last_citizen["id"],
            intent=intent,
            confidence=round(confidence, 4),
            fallback=fallback,
            entities=entities,
            ranking=sorted(ranking, key=lambda one: -float(str(one["confidence"]))),
            model=self.world.model_at(self.now),
            actions=list(actions),
            created_at=self.now,
        )

    def _add(self, sender: str, text: str, **more: Any) -> dict[str, Any]:
        row = {
            "id": new_id(self.chance),
            "conversation_id": self.id,
            "seq": len(self._messages) + 1,
            "sender": sender,
            "author": more.get("author"),
            "kind": "message",
            "text": text,
            "sealed": more.get("sealed"),
            "payload": more.get("payload"),
            "buttons": [asdict(button) for button in more.get("buttons", ())],
            "links": more.get("links", []),
            "channel_message_id": None,
            "in_reply_to": more.get("in_reply_to"),
            "created_at": self.now,
            "answered_at": None,
            "delivery": "stored",
        }
        if sender == "citizen":
            row["channel_message_id"] = f"esempio-{row['id'].hex[:16]}"
        self._messages.append(row)
        return row

    def finish(self) -> None:
        """Hand everything over."""
        rows = self.world.rows
        rows.add(
            conversations,
            id=self.id,
            channel=self.channel,
            sample=True,
            owner=self.owner,
            operator_name=self.operator_name,
            last_seq=len(self._messages),
            created_at=self.opened,
            last_message_at=self._messages[-1]["created_at"],
        )
        written = [row["created_at"] for row in self._messages if row["sender"] == "citizen"]
        if self._address_id is not None:
            address = self.person.address(self.channel)
            rows.add(
                addresses,
                id=self._address_id,
                channel=self.channel,
                address_hash=fingerprint(PURPOSE, f"{self.channel}:{address}"),
                sealed=seal(address),
                conversation_id=self.id,
                opted_out_at=self._stopped_at,
                blocked_at=self.now if self.unlucky and self.channel == "telegram" else None,
                last_inbound_at=written[-1] if written else None,
                created_at=self.opened,
            )
            delivered(rows, self.chance, self.channel, self._messages, self._address_id, fails=self.unlucky)
        for row in self._messages:
            rows.add(messages, **row)
