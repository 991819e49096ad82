"""Every figure against a direct count on the made-up month, written from the definitions and not from the queries."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles
from typing import Any

import psycopg
import pytest
from figures_support import MONTH

from bot.figures import demand
from bot.figures.model import FEW, Few, Figure, Kept
from bot.figures.overview import FIGURES, totals
from bot.figures.period import Period, Scope
from bot.settings import get_settings
from bot.storage.engine import create_engine

WEEK = Period(date(2026, 3, 23), date(2026, 3, 29))  # of the change of the clock
CENTRE = "torino-nord"
VIEWS = [
    pytest.param(MONTH, None, id="month"),
    pytest.param(WEEK, None, id="week of 23 hours less one"),
    pytest.param(Period(date(2026, 3, 29), date(2026, 3, 29)), None, id="the day of 23 hours"),
    pytest.param(MONTH, CENTRE, id="one centre"),
]
DAY = "to_char(m.created_at AT TIME ZONE 'Europe/Rome', 'YYYY-MM-DD')"
SMALL = (
    "greet goodbye affirm deny thanks choose inform restart repeat nlu_fallback ask_aspect show_source choose_place "
    "none_of_these feedback_positive"
).split()


class Direct:
    """Counts by hand on the database."""

    def __init__(self, url: str, period: Period, centre: str | None) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.period, self.centre = period, centre

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement, values or None).fetchall()

    def within(self, at: datetime) -> bool:
        day = (at.astimezone(UTC) + timedelta(hours=2 if _summer(at) else 1)).date()
        return self.period.first <= day <= self.period.last

    def of_centre(self, conversation_id: object) -> bool:
        if self.centre is None:
            return True
        found = self.rows("SELECT centre FROM console_summaries WHERE conversation_id = %s", conversation_id)
        return found == [(self.centre,)]

    def messages(self) -> list[dict[str, Any]]:
        names = "conversation day hour weekday sender intent fallback seq channel topic".split()
        found = self.rows(
            f"SELECT m.conversation_id, {DAY}, to_char(m.created_at AT TIME ZONE 'Europe/Rome', 'HH24')::int, "  # noqa: S608
            "to_char(m.created_at AT TIME ZONE 'Europe/Rome', 'ID')::int, m.sender, p.intent, p.fallback, m.seq, "
            "(SELECT channel FROM conversations WHERE id = m.conversation_id), "
            "(SELECT e->>'value' FROM jsonb_path_query(p.entities, '$[*] ? (@.entity == \"topic\")') e LIMIT 1) "
            "FROM messages m LEFT JOIN parses p ON p.message_id = m.id ORDER BY m.conversation_id, m.seq"
        )
        kept = [dict(zip(names, row, strict=True)) for row in found]
        mine = self.centre and {
            row[0] for row in self.rows("SELECT conversation_id FROM console_summaries WHERE centre = %s", self.centre)
        }
        first, last = str(self.period.first), str(self.period.last)
        return [one for one in kept if first <= one["day"] <= last and (mine is None or one["conversation"] in mine)]

    def talks(self) -> dict[tuple[Any, str], list[dict[str, Any]]]:
        """The messages of each person and day on which they wrote."""
        found: dict[tuple[Any, str], list[dict[str, Any]]] = {}
        for one in self.messages():
            found.setdefault((one["conversation"], one["day"]), []).append(one)
        return {key: said for key, said in found.items() if any(one["sender"] == "citizen" for one in said)}

    def outcome(self, key: tuple[Any, str], said: list[dict[str, Any]]) -> str:
        if any(one["sender"] == "operator" for one in said):
            return "person"
        if any(one["intent"] in ("talk_to_operator", "call_back") and not one["fallback"] for one in said):
            return "person"
        asked = self.rows(
            "SELECT 1 FROM handoffs WHERE conversation_id = %s "
            "AND to_char(requested_at AT TIME ZONE 'Europe/Rome', 'YYYY-MM-DD') = %s",
            *key,
        )
        if asked:
            return "person"
        read = [one for one in said if one["fallback"] is not None]
        return "not_understood" if read and _failed(read[-1]) else "answered"

    def appointments(self) -> list[tuple[str, str, str, str]]:
        """What happened: what, service, mode, centre."""
        found = self.rows(
            "SELECT s.title, a.mode, a.site_id, a.moved_from, a.state, a.created_at, a.changed_at, a.starts "
            "FROM agenda_appointments a JOIN agenda_services s ON s.id = a.service_id "
            "WHERE NOT (a.sample AND a.conversation_id IS NULL)"
        )
        happened = []
        for service, mode, site, moved_from, state, created, changed, starts in found:
            if self.centre not in (None, site):
                continue
            what = [("moved" if moved_from else "booked", created)]
            what += [("cancelled", changed)] if state == "disdetto_cittadino" else []
            what += [("cancelled_by_us", changed)] if state == "disdetto_operatore" else []
            what += [("held", starts)] if state == "erogato" else []
            what += [("missed", starts)] if state == "non_presentato" else []
            happened += [(name, service, mode, site) for name, at in what if self.within(at)]
        return happened

    def requests(self) -> list[tuple[Any, ...]]:
        found = self.rows(
            "SELECT conversation_id, state, outcome, requested_at, taken_at, ended_at FROM handoffs "
            "WHERE reason <> 'operator'"
        )
        return [row for row in found if self.within(row[3]) and self.of_centre(row[0])]


def _summer(at: datetime) -> bool:
    return at >= datetime(2026, 3, 29, 1, tzinfo=UTC)


def _failed(one: dict[str, Any]) -> bool:
    return bool(one["fallback"] and one["intent"] != "out_of_scope")


@pytest.fixture(params=[(view.values, view.id) for view in VIEWS], ids=lambda param: str(param[1]))
def direct(month: str, request: pytest.FixtureRequest) -> Iterator[Direct]:
    period, centre = request.param[0]
    made = Direct(month, period, centre)
    yield made
    made.connection.close()


async def counted(direct: Direct, key: str) -> Figure:
    engine = create_engine(pool_size=1)
    async with engine.connect() as connection:
        figure = await FIGURES[key](connection, direct.period, Scope((direct.centre,) if direct.centre else None))
    await engine.dispose()
    return figure


async def numbers(direct: Direct) -> dict[str, Any]:
    engine = create_engine(pool_size=1)
    found = await totals(engine, direct.period, Scope((direct.centre,) if direct.centre else None))
    await engine.dispose()
    return {one.key: one.now for one in found}


def hidden(direct: Direct, count: int, people: int) -> object:
    return Few() if direct.centre and 0 < people < FEW else count


def agree(found: list[Any], wanted: list[int]) -> None:
    """Each cell is the number counted, or hides one that may be hidden."""
    assert len(found) == len(wanted)
    for cell, number in zip(found, wanted, strict=True):
        if cell == Few():
            assert 0 < number < FEW
        elif cell != Kept():
            assert cell == number


async def test_the_numbers_at_the_top(direct: Direct) -> None:
    talks, found = direct.talks(), await numbers(direct)
    outcomes = Counter(direct.outcome(key, said) for key, said in talks.items())
    said = [one for many in talks.values() for one in many if one["sender"] == "citizen"]
    read = [one for one in said if one["fallback"] is not None]
    people = {key[0] for key in talks}
    assert len(talks) > 10 or direct.period.days == 1 or direct.centre
    assert (found["talks"], found["people"], found["messages"]) == (len(talks), len(people), len(said))
    if direct.centre is None or len(people) >= FEW:
        assert found["contained"] == pytest.approx(outcomes["answered"] / len(talks))
        assert found["failed"] == pytest.approx(sum(map(_failed, read)) / len(read))
    happened = Counter(what for what, *_ in direct.appointments())
    assert found["booked"] == happened["booked"]
    if direct.centre is None and happened["held"] + happened["missed"]:
        assert found["missed"] == pytest.approx(happened["missed"] / (happened["held"] + happened["missed"]))


async def test_over_time(direct: Direct) -> None:
    rows = (await counted(direct, "andamento")).rows
    by_day = Counter(day for _, day in direct.talks())
    assert len(rows) == direct.period.days
    assert {str(row[0]): row[1] for row in rows if row[1]} == dict(by_day)


async def test_by_channel(direct: Direct) -> None:
    talks, wanted = direct.talks(), {}
    for channel in {said[0]["channel"] for said in talks.values()}:
        mine = {key: said for key, said in talks.items() if said[0]["channel"] == channel}
        sent = Counter(one["sender"] for said in mine.values() for one in said)
        done = sum(direct.outcome(key, said) == "answered" for key, said in mine.items())
        wanted[channel] = (
            len(mine), len({key[0] for key in mine}), sent["citizen"], sent["bot"], sent["operator"],
            pytest.approx(done / len(mine)),
        )  # fmt: skip
    assert {row[0]: row[1:] for row in (await counted(direct, "canali")).rows} == wanted


async def test_by_weekday_and_hour(direct: Direct) -> None:
    said = [one for many in direct.talks().values() for one in many if one["sender"] == "citizen"]
    rows = (await counted(direct, "giorni")).rows
    assert {row[0]: row[2] for row in rows if row[2]} == Counter(one["weekday"] for one in said)
    hours = (await counted(direct, "ore")).rows
    assert [row[0] for row in hours] == list(range(24))
    assert {row[0]: row[1] for row in hours if row[1]} == Counter(one["hour"] for one in said)
    each = Counter((one["hour"], one["weekday"]) for one in said)
    assert {(row[0], day): row[day + 1] for row in hours for day in range(1, 8) if row[day + 1]} == each


async def test_outcomes(direct: Direct) -> None:
    wanted = Counter(direct.outcome(key, said) for key, said in direct.talks().items())
    rows = (await counted(direct, "esiti")).rows
    assert [row[0] for row in rows] == ["answered", "person", "not_understood"]
    agree([row[1] for row in rows], [wanted[str(row[0])] for row in rows])


async def test_topics(direct: Direct) -> None:
    about: dict[str, set[tuple[Any, str]]] = {}
    for key, said in direct.talks().items():
        for one in said:
            if one["intent"] and not one["fallback"] and one["intent"] not in SMALL:
                pressed = one["intent"] == "ask_topic" and one["topic"]
                about.setdefault(f"faq/{one['topic']}" if pressed else one["intent"], set()).add(key)
    wanted = {
        name: hidden(direct, len(keys), len({conversation for conversation, _ in keys})) for name, keys in about.items()
    }
    assert {row[0]: row[1] for row in (await counted(direct, "argomenti")).rows} == wanted
    assert direct.centre is None or Few() in wanted.values()


async def test_not_understood(direct: Direct) -> None:
    failed, away = Counter[str](), Counter[str]()
    for said in direct.talks().values():
        for one in said:
            failed[one["channel"]] += _failed(one)
            away[one["channel"]] += bool(one["fallback"] and one["intent"] == "out_of_scope")
    rows = (await counted(direct, "non-capiti")).rows
    assert {row[0]: (row[1], row[3]) for row in rows} == {
        name: (failed[name], away[name]) for name in {said[0]["channel"] for said in direct.talks().values()}
    }


@pytest.mark.parametrize(("key", "place"), [("appuntamenti", 1), ("modi", 2), ("sedi", 3)])
async def test_appointments(direct: Direct, key: str, place: int) -> None:
    happened = direct.appointments()
    whats = ("booked", "moved", "cancelled", "cancelled_by_us", "held", "missed")
    rows = (await counted(direct, key)).rows
    assert {row[0] for row in rows} == {one[place] for one in happened}
    for row in rows:
        agree(list(row[1:]), [sum(one[0] == what and one[place] == row[0] for one in happened) for what in whats])


async def test_waits_and_handling(direct: Direct) -> None:
    requests, found = direct.requests(), await numbers(direct)
    assert found["asked"] == len(requests)
    waits = sorted((taken - asked).total_seconds() / 60 for _, _, _, asked, taken, _ in requests if taken)
    lengths = [(ended - taken).total_seconds() / 60 for *_, taken, ended in requests if taken and ended]
    due = [row for row in requests if row[4] or row[1] not in ("withdrawn", "waiting")]
    if direct.centre is None and len(waits) > 2:
        [wait, handling] = (await counted(direct, "attese")).rows
        assert wait[1:] == (len(waits), pytest.approx(median(waits)), pytest.approx(_nine_tenths(waits)))
        assert handling[2:] == (pytest.approx(median(lengths)), pytest.approx(_nine_tenths(lengths)))
        assert found["in_time"] == pytest.approx(sum(wait <= 10 for wait in waits) / len(due))


def _nine_tenths(values: list[float]) -> float:
    return quantiles(values, n=10, method="inclusive")[8]


async def test_how_requests_ended(direct: Direct) -> None:
    wanted = Counter(
        (outcome or "closed") if state == "closed" else state for _, state, outcome, *_ in direct.requests()
    )
    rows = (await counted(direct, "richieste")).rows
    assert {row[0] for row in rows} == set(wanted)
    agree([row[1] for row in rows], [wanted[str(row[0])] for row in rows])


async def test_ratings(direct: Direct) -> None:
    given = direct.rows("SELECT f.conversation_id, c.channel, rating, changed_at FROM feedback f, conversations c "
                        "WHERE c.id = f.conversation_id")  # fmt: skip
    mine = [(channel, rating) for talk, channel, rating, at in given if direct.within(at) and direct.of_centre(talk)]
    rows = (await counted(direct, "voti")).rows
    assert {row[0] for row in rows} == {channel for channel, _ in mine}
    for row in rows:
        agree(list(row[1:3]), [mine.count((str(row[0]), rating)) for rating in ("up", "down")])


async def test_text_messages(direct: Direct) -> None:
    sent = direct.rows(
        "SELECT m.conversation_id, d.started_at, d.segments FROM deliveries d JOIN messages m ON m.id = d.message_id "
        "WHERE d.segments > 0 AND d.channel = 'sms'"
    )
    mine = [row for row in sent if direct.within(row[1]) and direct.of_centre(row[0])]
    rows = (await counted(direct, "sms")).rows
    assert sum(row[1] for row in rows) == len(mine)  # type: ignore[misc]
    assert sum(row[2] for row in rows) == sum(row[2] for row in mine)  # type: ignore[misc]
    assert (await numbers(direct))["segments"] == sum(row[2] for row in mine)


async def test_by_centre(direct: Direct) -> None:
    centres = dict(direct.rows("SELECT conversation_id, centre FROM console_summaries"))
    talks = direct.talks()
    rows = (await counted(direct, "centri")).rows
    assert {row[0] for row in rows} == {centres[conversation] for conversation, _ in talks}
    for row in rows:
        mine = {key: said for key, said in talks.items() if centres[key[0]] == row[0]}
        people = len({key[0] for key in mine})
        known = row[0] is not None
        assert row[1] == (Few() if known and 0 < people < FEW else len(mine))
        assert row[2] == (Few() if known and 0 < people < FEW else people)
        asked = sum(direct.outcome(key, said) == "person" for key, said in mine.items())
        assert row[4] == asked or (known and row[4] == Few())


async def test_the_price_of_a_segment_makes_the_cost(month: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPORTELLO_SMS_SEGMENT_PRICE", "0.0725")
    get_settings.cache_clear()
    found = await numbers(Direct(month, MONTH, None))
    assert found["cost"] == pytest.approx(found["segments"] * 0.0725)
    assert found["segments"] > 0


async def test_questions_left(direct: Direct) -> None:
    found = direct.rows("SELECT conversation_id, asked_at, due_at, done_at, coalesce(outcome, 'open') FROM promises")
    mine = [row for row in found if direct.within(row[1]) and direct.of_centre(row[0])]
    rows = (await counted(direct, "domande")).rows
    assert {row[0] for row in rows} == {row[4] for row in mine}
    wanted = Counter(row[4] for row in mine)
    agree([row[1] for row in rows], [wanted[str(row[0])] for row in rows])
    late = Counter(how for _, _, due, done, how in mine if (done or datetime.now(UTC)) > due)
    assert all(row[2] in (late[str(row[0])], None) for row in rows)


async def test_what_was_not_there(direct: Direct) -> None:
    found = direct.rows(
        "SELECT d.day::text, d.kind, d.reason, coalesce(d.centre, s.centre), v.title, d.topic FROM unmet_demand d "
        "LEFT JOIN console_summaries s ON s.conversation_id = d.conversation_id "
        "LEFT JOIN agenda_services v ON v.id = d.service_id"
    )
    first, last = str(direct.period.first), str(direct.period.last)
    mine = [row for row in found if first <= row[0] <= last and direct.centre in (None, row[3])]
    engine = create_engine(pool_size=1)
    async with engine.connect() as connection:
        scope = Scope((direct.centre,) if direct.centre else None)
        figures = {key: (await count(connection, direct.period, scope)).rows for key, count in demand.FIGURES.items()}
    await engine.dispose()
    weeks = Counter(_monday(row[0]) for row in mine)
    assert {str(row[0]): row[1] for row in figures["settimane"]} == weeks
    kinds = ("no_place", "no_answer", "off_topic", "no_hours")
    assert {row[0]: row[1:6] for row in figures["centri"]} == {
        centre: (
            sum(row[3] == centre for row in mine),
            *(sum(row[3] == centre and row[1] == kind for row in mine) for kind in kinds),
        )
        for centre in {row[3] for row in mine}
    }
    both = Counter((row[3], _monday(row[0])) for row in mine)
    assert {(row[0], str(row[1])): row[2] for row in figures["centri-settimane"]} == both
    for key, kind, place in (("servizi", "no_place", 4), ("argomenti", "no_answer", 5)):
        wanted = Counter(row[place] for row in mine if row[1] == kind)
        rows = figures[key]
        assert {row[0] for row in rows} == set(wanted)
        agree([row[1] for row in rows], [wanted[row[0]] for row in rows])


def _monday(day: str) -> str:
    found = date.fromisoformat(day)
    return str(found - timedelta(days=found.weekday()))
