"""A month of talks: when they happen, on which channel, about what."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random

from bot.agenda.holidays import holiday_name
from bot.clock import ROME
from bot.storage.tables import incidents
from console.demo import asking, booking, desk
from console.demo.people import invent
from console.demo.talk import Talk
from console.demo.wording import data
from console.demo.world import World
from console.tables import reads

DAYS = 30
WEEKDAYS = (1.25, 1.15, 1.05, 1.0, 0.85, 0.35, 0.22)
HOLIDAY = 0.2
# From midnight on: the morning is for papers, the evening for thinking about them.
HOURS = (0.4, 0.2, 0.1, 0.1, 0.2, 0.5, 1.2, 3, 6, 9, 10, 9, 5.5, 5, 6.5, 7, 6, 4.5, 3.5, 3, 3.2, 3, 2, 1)
CHANNELS = {"webchat": 52, "whatsapp": 24, "telegram": 14, "sms": 10}
KINDS: dict[str, float] = {
    "topics": 45,
    "centres": 13,
    "books": 13,
    "not_understood": 10,
    "person": 7,
    "calls_back": 1.8,
    "elsewhere": 3,
    "language": 2,
    "taken_wrongly": 1.6,
    "complaint": 1,
    "insult": 0.4,
    "bot_challenge": 0.8,
    "ask_help": 0.8,
    "feedback_positive": 0.6,
    "stops": 0.7,
    "danger": 0.3,
    "nothing": 1.5,
}
STORIES: dict[str, Callable[[Talk], object]] = {
    "topics": asking.topics,
    "centres": asking.centres,
    "books": booking.books,
    "person": desk.wants_person,
    "calls_back": desk.calls_back,
    "elsewhere": asking.elsewhere,
    "language": asking.language,
    "taken_wrongly": asking.taken_wrongly,
    "stops": asking.stops,
    "danger": asking.danger,
    "nothing": asking.nothing,
}
COMES_BACK = 0.14
"""So many of those who write on a channel with an address write again within the month."""
LIVE = {"waiting": 4, "taken": 3, "left": 2}
"""How many wait for a person, are talking with one, or for the answer to a question they left, when the month ends."""
FAILURES = 3
OF_ONE_LIVE = 40
"""A live talk for every so many conversations, at most as many as above."""


def fill(world: World, *, seed: int, count: int) -> None:
    """Make so many conversations."""
    chance = Random(f"{seed}")
    live = [state for state, most in LIVE.items() for _ in range(min(most, count // OF_ONE_LIVE))]
    moments = _moments(chance, world.end, count - len(live))
    failing = set(chance.sample(range(len(moments)), min(FAILURES, len(moments))))
    for number, at in enumerate(moments):
        _one(world, Random(f"{seed} {number}"), number, at, fails=number in failing)
    for number, state in enumerate(live, start=len(moments)):
        _live(world, Random(f"{seed} {number}"), number, state)


def _moments(chance: Random, end: datetime, count: int) -> list[datetime]:
    """When conversations begin, in order: more on Mondays and in the morning, few at night and on holidays."""
    days = [end.date() - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    hours = [(day, hour, _busy(day) * HOURS[hour]) for day in days for hour in range(24)]
    weights = [weight for _, _, weight in hours]
    found: list[datetime] = []
    while len(found) < count:
        day, hour, _ = chance.choices(hours, weights)[0]
        second = chance.randrange(3600)
        at = datetime.combine(day, time(hour, second // 60, second % 60), ROME)
        if end - timedelta(days=DAYS) <= at < end - timedelta(minutes=50):
            found.append(at)
    return sorted(found)


def _busy(day: date) -> float:
    return HOLIDAY if holiday_name(day, "") else WEEKDAYS[day.weekday()]


def _one(world: World, chance: Random, number: int, at: datetime, *, fails: bool) -> None:
    channel = chance.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    if kind == "nothing":
        channel = "webchat"  # elsewhere a conversation begins with its first message
    talk = Talk(world, chance, invent(chance, data("people"), number), channel=channel, at=at)
    if fails:
        _fails(talk)
    else:
        _tell(talk, kind)
    if talk.last_seq == 0:
        asking.topics(talk)
    away = timedelta(days=chance.uniform(1, 14))
    comes_back = channel != "webchat" and kind in ("topics", "centres") and chance.random() < COMES_BACK
    if comes_back and talk.now + away < world.end - timedelta(hours=1):
        talk.now += away
        asking.topics(talk)
    if kind in ("topics", "not_understood", "taken_wrongly", "complaint") and not talk.with_person:
        desk.looked_at(talk)
    _read(talk)
    talk.finish()


def _tell(talk: Talk, kind: str) -> None:
    if kind == "not_understood":
        if asking.not_understood(talk):
            desk.wants_person(talk)
    elif kind in STORIES:
        STORIES[kind](talk)
    else:
        asking.small_talk(talk, kind)


def _fails(talk: Talk) -> None:
    number = talk.world.incident_numbers.pop()
    asking.failure(talk, number)
    row = {"id": number, "message_id": talk.last_question, "where": "dialogue"}
    talk.world.rows.add(incidents, **row, what="TimeoutError()", created_at=talk.now)


def _live(world: World, chance: Random, number: int, state: str) -> None:
    """A talk that goes on while the month ends."""
    if state == "left":
        at = _when_closed(world, world.end - timedelta(minutes=chance.uniform(45, 120)))
    else:
        at = world.end - timedelta(minutes=chance.uniform(6, 10) if state == "waiting" else chance.uniform(30, 38))
    channel = chance.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    talk = Talk(world, chance, invent(chance, data("people"), number), channel=channel, at=at)
    desk.wants_person(talk, live=state)
    talk.finish()


def _when_closed(world: World, latest: datetime) -> datetime:
    """The latest moment, to the quarter of an hour, at which nobody was there; within the month."""
    for quarters in range(DAYS * 96):
        at = latest - timedelta(minutes=15 * quarters)
        if not world.office.is_open(at):
            return at
    return latest


def _read(talk: Talk) -> None:
    """Older conversations were mostly looked at."""
    age = talk.world.end - talk.now
    for colleague, share in zip(talk.world.colleagues, (0.85, 0.5, 0.1), strict=True):
        if age > timedelta(hours=20) and talk.chance.random() < share:
            row = {"account_id": colleague.id, "conversation_id": talk.id, "seq": talk.last_seq}
            talk.world.rows.add(reads, **row)
