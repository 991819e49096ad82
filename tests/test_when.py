"""When people mean: `tests/data/when.jsonl` holds phrases written by hand, each with what it means said at a certain moment."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.when import Reading, When, read_when, spans

PHRASES = [json.loads(line) for line in (Path(__file__).parent / "data" / "when.jsonl").read_text("utf-8").splitlines()]
ROME = ZoneInfo("Europe/Rome")
DAYS = ("date", "dates", "date_from", "date_to", "weekdays")


def understood(text: str, now: str) -> dict[str, Any]:
    return read_when(text, now=datetime.fromisoformat(now)).as_json()


def canonical(reading: dict[str, Any]) -> str:
    """One spelling of a reading, whatever the order of its lists and the name given to a holiday."""
    ordered = {key: sorted(value, key=str) if isinstance(value, list) else value for key, value in reading.items()}
    if "closed" in ordered:
        ordered["closed"] = True
    return json.dumps(ordered, sort_keys=True)


def is_right(expected: dict[str, Any], got: dict[str, Any]) -> bool:
    """The same reading, or a question among readings that include it. What must be asked is wrong when not asked."""
    offered = [canonical(reading) for reading in got.get("ambiguous", [got])]
    wanted = [canonical(reading) for reading in expected.get("ambiguous", [expected])]
    if "ambiguous" in expected and ("ambiguous" not in got or not wanted):
        return "ambiguous" in got
    return wanted[0] in offered


def is_silent_wrong_day(expected: dict[str, Any], got: dict[str, Any]) -> bool:
    """A definite day that is none of those meant."""
    if "ambiguous" in got or not ("date" in got or "dates" in got):
        return False
    days = {name: got.get(name) for name in DAYS}
    return days not in [{name: one.get(name) for name in DAYS} for one in expected.get("ambiguous", [expected])]


@pytest.mark.parametrize("phrase", PHRASES, ids=[f"{row['text']} @{row['now']}" for row in PHRASES])
def test_no_phrase_gives_a_silent_wrong_day(phrase: dict[str, Any]) -> None:
    got = understood(phrase["text"], phrase["now"])
    assert not is_silent_wrong_day(phrase["expected"], got), got


def test_at_least_98_in_a_hundred_phrases_are_read_right() -> None:
    missed = [row for row in PHRASES if not is_right(row["expected"], understood(row["text"], row["now"]))]
    assert len(missed) <= 0.02 * len(PHRASES), [row["text"] for row in missed]


def test_there_are_enough_phrases_and_none_twice() -> None:
    assert len({(row["text"], row["now"]) for row in PHRASES}) == len(PHRASES) >= 670


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("giov 12 h 15", "giovedì 12 marzo alle 15"),
        ("un pomeriggio della settimana prossima", "un pomeriggio della settimana prossima"),
        ("martedì o giovedì dopo le 15", "martedì 3 marzo o giovedì 5 marzo dalle 15 in poi"),
        ("tranne il lunedì e non di mattina", "tranne il lunedì e la mattina"),
        ("il prima possibile dopo il 10", "il prima possibile da mercoledì 11 marzo in poi"),
        ("verso le undici", "verso le 11"),
        ("domani alle 7", "martedì 3 marzo alle 7 di mattina oppure martedì 3 marzo alle 19"),
        ("ieri", "un momento già passato"),
        ("ho 45 anni", ""),
    ],
)
def test_readings_are_said_back_in_plain_italian(text: str, words: str) -> None:
    assert read_when(text, now=datetime.fromisoformat("2026-03-02T09:00")).in_words() == words


def test_an_aware_moment_counts_as_italian_time() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # already Monday in Turin
    assert read_when("dopodomani", now=late).as_json() == {"date": "2026-03-04"}


def test_tomorrow_said_in_the_small_hours_is_asked() -> None:
    assert understood("domani", "2026-03-02T00:30") == {"ambiguous": [{"date": "2026-03-03"}, {"date": "2026-03-02"}]}


def test_spans_give_each_piece_with_its_place() -> None:
    text = "vengo Giovedì 12 marzo, di pomeriggio o alle 9"
    found = spans(text, datetime.fromisoformat("2026-03-02T09:00"))
    assert [(kind, value, text[start:end]) for kind, value, start, end in found] == [
        ("date", "2026-03-12", "Giovedì 12 marzo"),
        ("part_of_day", "pomeriggio", "di pomeriggio"),
        ("time", "09:00", "alle 9"),
    ]


def test_spans_give_both_days_of_what_can_be_read_twice() -> None:
    found = spans("lunedì", datetime.fromisoformat("2026-03-02T09:00"))
    assert found == [("date", "2026-03-09", 0, 6), ("date", "2026-03-02", 0, 6)]


def test_the_hour_the_clock_skips_is_asked() -> None:
    got = understood("domenica 29 marzo alle 2 e mezza di notte", "2026-03-27T10:00")
    assert [reading["time"] for reading in got["ambiguous"]] == ["03:30", "01:30"]


def test_the_hour_the_clock_repeats_is_one_reading() -> None:
    got = understood("domenica 25 ottobre alle 2 e mezza di notte", "2026-10-23T10:00")
    assert (got["date"], got["time"]) == ("2026-10-25", "02:30")


@pytest.mark.parametrize(
    ("now", "then"),
    [("2026-03-29T01:30", "04:30"), ("2026-10-25T01:30", "02:30"), ("2026-10-24T23:45", "01:45")],
)
def test_hours_from_now_are_real_hours_across_the_clock_changes(now: str, then: str) -> None:
    assert understood("tra due ore", now)["time"] == then


moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31, 23, 59))  # noqa: DTZ001
texts = st.lists(st.sampled_from([row["text"] for row in PHRASES]), min_size=1, max_size=2).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(texts, moments)
def test_nothing_definite_lies_in_the_past(text: str, now: datetime) -> None:
    for reading in read_when(text, now=now).readings:
        ends = [day for day in (reading.date, reading.date_to, *reading.dates[-1:]) if day]
        assert reading.past or all(day >= now.date() for day in ends)
        if not reading.past and reading.date == now.date() and reading.time:
            assert reading.time >= now.time().replace(second=0, microsecond=0)


@settings(max_examples=300, deadline=None)
@given(texts, moments)
def test_json_has_only_what_the_specification_names(text: str, now: datetime) -> None:
    got = read_when(text, now=now).as_json()
    names = {*DAYS, "excludes", "time", "time_from", "time_to", "about", "part", "asap", "past", "closed"}
    for reading in got.get("ambiguous", [got]):
        assert reading == {"none": True} or (reading and reading.keys() <= names)
    assert "ambiguous" not in got or len(got["ambiguous"]) > 1


@settings(max_examples=300, deadline=None)
@given(moments, st.integers(1, 1000), st.none() | st.times(time(8), time(20)))
def test_a_definite_day_said_back_is_read_as_the_same_day(now: datetime, ahead: int, at: time | None) -> None:
    at = at and at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    meant = Reading(date=now.date() + timedelta(days=ahead), time=at)
    again = read_when(When((meant,), now).in_words(), now=now).reading
    assert again is not None
    assert (again.date, again.time) == (meant.date, meant.time)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([date(2026, 3, 29), date(2026, 10, 25)]), st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
def test_no_reading_names_an_hour_that_does_not_exist(day: date, hour: int, minute: int) -> None:
    now = datetime.combine(day - timedelta(days=2), time(9))
    part = " di notte" if hour < 5 else " di mattina" if hour < 12 else ""
    for reading in read_when(f"domenica alle {hour}:{minute:02}{part}", now=now).readings:
        assert reading.date == day
        assert reading.time is not None
        local = datetime.combine(day, reading.time, ROME)
        assert local.astimezone(UTC).astimezone(ROME).time() == reading.time
