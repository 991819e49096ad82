"""Talks with a person: waited for, taken, passed on, closed, given up; calls back; what operators note down."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.answers import people as words
from bot.conversations.desk_tables import call_backs, handoff_steps, handoffs
from bot.conversations.handoff_model import Reason
from bot.conversations.model import Reply
from bot.privacy.sealing import seal
from console.demo.asking import ASK_PERSON, small_talk
from console.demo.ids import new_id
from console.demo.leaving import leaves_question
from console.demo.talk import Talk
from console.demo.wording import data, write
from console.demo.world import Colleague
from console.tables import notes, tags, work

PATIENCE = timedelta(minutes=10)
IDLE = timedelta(minutes=30)
USUAL_SECONDS = 150


@dataclass(kw_only=True)
class Request:
    """A request for a person as it goes on, and its steps so far."""

    talk: Talk
    reason: Reason
    requested_at: datetime
    case: dict[str, Any]
    colleague: Colleague | None = None
    taken_at: datetime | None = None

    def __post_init__(self) -> None:
        self.id = new_id(self.talk.chance)
        self.steps: list[tuple[str, Colleague | None, datetime]] = [("waiting", None, self.requested_at)]

    def step(self, what: str) -> None:
        """One more thing that happened."""
        self.steps.append((what, self.colleague, self.talk.now))

    def keep(self, state: str, *, outcome: str | None = None) -> None:
        """The rows of the request as it is in the end."""
        self.talk.with_person = True
        rows, ended = self.talk.world.rows, state not in ("waiting", "taken")
        if ended:
            self.step(state)
        who = self.colleague
        rows.add(
            handoffs,
            id=self.id,
            conversation_id=self.talk.id,
            state=state,
            reason=self.reason,
            operator=str(who.id) if who else None,
            operator_name=who.name if who else None,
            outcome=outcome,
            requested_at=self.requested_at,
            taken_at=self.taken_at,
            ended_at=self.talk.now if ended else None,
        )
        for number, (what, by, at) in enumerate(self.steps, start=1):
            rows.add(
                handoff_steps,
                handoff_id=self.id,
                number=number,
                what=what,
                operator=str(by.id) if by else None,
                operator_name=by.name if by else None,
                at=at,
            )
        if who is not None and state != "waiting":
            set_work(self.talk, assigned_to=who, assigned_at=self.taken_at)


def wants_person(talk: Talk, *, live: str = "") -> None:
    """Asks for a person. `live`: how it stands when the month ends, `waiting`, `taken` or, a question, `left`."""
    reason: Reason = "asked"
    if talk.choices and talk.choices[0] == ASK_PERSON:
        reason = "not_understood"
        talk.presses(ASK_PERSON, "action_person")
    elif talk.chance.random() < 0.2:
        reason = "complaint"
        small_talk(talk, "complaint")
        talk.presses(talk.choices[0], "action_person")
    else:
        _asks(talk, "talk_to_operator", "action_person")
    if live == "left" or (not live and not talk.world.office.is_open(talk.now)):
        talk.bot(words.closed(talk.world.office, talk.now))
        if live:
            leaves_question(talk, unanswered=True)
            return
        what = talk.chance.random()
        if what < 0.3:
            calls_back(talk, pressed=True)
        elif what < 0.8:
            leaves_question(talk)
        return
    talk.bot(words.queued(talk.chance.choice((1, 1, 1, 2, 3)), 5, again=False))
    request = Request(talk=talk, reason=reason, requested_at=talk.now, case=talk.chance.choice(data("desk")["cases"]))
    talk.puzzles(write(request.case["citizen"], talk.chance, talk.person.style), request.case["near"])
    talk.bot(Reply(text=words.KEPT_FOR_PERSON, buttons=(words.STOP_WAITING,)))
    _goes_on(request, live)


def _goes_on(request: Request, live: str) -> None:
    talk, chance = request.talk, request.talk.chance
    if live == "waiting":
        request.keep("waiting")
        return
    wait = timedelta(seconds=chance.lognormvariate(math.log(USUAL_SECONDS), 0.75))
    if chance.random() < 0.06 and not live:
        talk.presses(words.STOP_WAITING, "action_person")
        talk.bot(Reply(text=words.NO_LONGER_WAITING))
        request.keep("withdrawn")
        return
    if (wait > PATIENCE or chance.random() < 0.1) and not live:
        talk.now = request.requested_at + PATIENCE
        talk.bot(Reply(text=words.NOBODY, buttons=words.INSTEAD), wait=0, answers=False)
        request.keep("expired")
        if chance.random() < 0.4:
            calls_back(talk, pressed=True)
        return
    talk.now = max(talk.now, request.requested_at + min(wait, PATIENCE))
    _taken(request, live)


def _taken(request: Request, live: str) -> None:
    talk, chance = request.talk, request.talk.chance
    request.colleague = chance.choices(talk.world.colleagues, (70, 24, 6))[0]
    request.taken_at = talk.now
    request.step("taken")
    talk.bot(Reply(text=words.TAKEN.format(name=request.colleague.name)), wait=0, answers=False)
    lines = request.case["operator"]
    for number, line in enumerate(lines):
        talk.person_says(request.colleague.name, line)
        if live and number == len(lines) - 1:
            break
        talk.writes(chance.choice(data("desk")["replies"]))
        if number == 0 and chance.random() < 0.12:
            _passed_on(request)
    if live:
        talk.owner, talk.operator_name = "operator", request.colleague.name
        talk.writes(chance.choice(data("desk")["replies"]))
        request.keep("taken")
        return
    if chance.random() < 0.04:
        talk.now += IDLE
        left = words.LEFT_ALONE.format(name=request.colleague.name)
        talk.bot(Reply(text=left, buttons=words.INSTEAD), wait=0, answers=False)
        talk.settle()
        request.keep("given_back")
        return
    if request.case["outcome"] != "silent":
        talk.writes(chance.choice(data("desk")["thanks_person"]))
    talk.passes(20, 120)
    talk.settle()
    talk.bot(Reply(text=words.BACK.format(name=request.colleague.name)), wait=0, answers=False)
    request.keep("closed", outcome=request.case["outcome"])
    _noted(request)
    if chance.random() < 0.4:
        talk.rates("up" if chance.random() < 0.85 else "down", chance.choice(data("desk")["good"]))


def _passed_on(request: Request) -> None:
    talk = request.talk
    before = request.colleague
    assert before is not None
    others = [one for one in talk.world.colleagues if one != before]
    request.colleague = talk.chance.choice(others)
    talk.passes(20, 60)
    request.step("transferred")
    said = words.TRANSFERRED.format(before=before.name, name=request.colleague.name)
    talk.bot(Reply(text=said), wait=0, answers=False)


def _noted(request: Request) -> None:
    assert request.colleague is not None
    for tag in request.case["tags"]:
        if request.talk.chance.random() < 0.7:
            add_tag(request.talk, request.colleague, tag)
    if request.case.get("note"):
        add_note(request.talk, request.colleague, request.case["note"])


def calls_back(talk: Talk, *, pressed: bool = False) -> None:
    """Wants to be telephoned: the number is asked for, the call promised, and mostly made."""
    if pressed:
        talk.presses(words.CALL_ME, "action_call_back")
    else:
        _asks(talk, "call_back", "action_call_back")
    talk.bot(words.ask_phone(knows_number=talk.channel in ("sms", "whatsapp")))
    national = talk.person.phone.removeprefix("+39")
    talk.gives("phone", f"{national[:3]} {national[3:6]} {national[6:]}", talk.person.phone)
    office = talk.world.office
    talk.bot(words.call_promised(office, talk.now))
    promised = talk.now if office.is_open(talk.now) else office.next_opening(talk.now)
    done_at = promised + timedelta(minutes=talk.chance.uniform(10, 240))
    long_ago = done_at < talk.world.end - timedelta(days=3)
    made = done_at < talk.world.end and (long_ago or talk.chance.random() < 0.6)
    colleague = talk.chance.choice(talk.world.colleagues)
    talk.world.rows.add(
        call_backs,
        id=new_id(talk.chance),
        conversation_id=talk.id,
        sealed=seal(talk.person.phone),
        requested_at=talk.now,
        promised_from=promised,
        done_at=done_at if made else None,
        operator=str(colleague.id) if made else None,
        outcome=talk.chance.choices(("spoken", "no_answer", "wrong_number"), (80, 16, 4))[0] if made else None,
    )


def _asks(talk: Talk, intent: str, action: str) -> None:
    said = write(talk.chance.choice(data("small_talk")[intent]), talk.chance, talk.person.style)
    talk.asks(said, intent, action, near=("call_back", "complaint"))


def looked_at(talk: Talk) -> None:
    """What operators did with a conversation of the assistant's when they reviewed it."""
    chance, colleague = talk.chance, talk.chance.choice(talk.world.colleagues)
    if chance.random() < 0.03:
        add_note(talk, colleague, chance.choice(data("desk")["notes"]))
    if chance.random() < 0.05:
        add_tag(talk, colleague, chance.choice(data("desk")["tags"]))
    if chance.random() < 0.02:
        set_work(talk, assigned_to=colleague, assigned_at=talk.now + timedelta(hours=1), outcome="other")


def set_work(talk: Talk, *, assigned_to: Colleague, assigned_at: datetime | None, outcome: str | None = None) -> None:
    """Whose it is."""
    row = {"conversation_id": talk.id, "assigned_to": assigned_to.id, "assigned_at": assigned_at}
    talk.world.rows.add(work, **row, centre=None, outcome=outcome)


def add_note(talk: Talk, colleague: Colleague, text: str) -> None:
    """A note for colleagues."""
    row = {"id": new_id(talk.chance), "conversation_id": talk.id, "account_id": colleague.id}
    at = min(talk.now + timedelta(minutes=talk.chance.uniform(1, 90)), talk.world.end)
    talk.world.rows.add(notes, **row, author=colleague.full_name, text=text, created_at=at)


def add_tag(talk: Talk, colleague: Colleague, tag: str) -> None:
    """A word to find it by."""
    row = {"conversation_id": talk.id, "tag": tag, "account_id": colleague.id}
    at = min(talk.now + timedelta(minutes=talk.chance.uniform(1, 90)), talk.world.end)
    talk.world.rows.add(tags, **row, created_at=at)
