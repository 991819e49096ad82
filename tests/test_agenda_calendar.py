"""Opening hours of a day: weekly hours, exceptions, holidays, and the days the clocks change. No database."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agenda.calendar import DayException, Desk, WeeklyHours, closed_reason, instant, openings, places_at
from bot.agenda.holidays import holiday_name
from bot.clock import ROME

SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def desk(
    *lines: tuple[int, str, str],
    municipality: str = "Susa",
    exceptions: tuple[DayException, ...] = (),
    step: int = 30,
    places: int = 1,
) -> Desk:
    return Desk(
        id=1,
        site_id="susa",
        municipality=municipality,
        modes=("video",),
        exceptions=exceptions,
        hours=tuple(
            WeeklyHours(
                weekday=weekday,
                opens=time.fromisoformat(opens),
                closes=time.fromisoformat(closes),
                slot_minutes=step,
                places=places,
            )
            for weekday, opens, closes in lines
        ),
    )


def starts(of: Desk, day: date, minutes: int = 30) -> list[str]:
    """Starts in Italian time, with the offset from Greenwich, since an hour can come twice."""
    found = [start for opening in openings(of, day) for start in opening.slots(minutes * 60)]
    return [f"{datetime.fromtimestamp(one, ROME):%H:%M %z}"[:-2] for one in found]


# --- ordinary days ----------------------------------------------------------------------------------------------------


def test_slots_start_on_the_grid_and_end_by_closing_time() -> None:
    assert starts(desk((0, "09:00", "10:40")), date(2027, 3, 1)) == ["09:00 +01", "09:30 +01", "10:00 +01"]
    assert starts(desk((0, "09:00", "10:40")), date(2027, 3, 1), minutes=45) == ["09:00 +01", "09:30 +01"]


def test_another_weekday_is_closed_and_named() -> None:
    monday_only = desk((0, "09:00", "10:00"))
    assert openings(monday_only, date(2027, 3, 2)) == ()
    assert closed_reason([monday_only], date(2027, 3, 2)) == "martedì"
    assert closed_reason([monday_only], date(2027, 3, 6)) == "sabato"
    assert closed_reason([monday_only], date(2027, 3, 1)) is None


def test_hours_count_from_their_first_to_their_last_day() -> None:
    line = WeeklyHours(
        weekday=0,
        opens=time(9),
        closes=time(10),
        slot_minutes=30,
        valid_from=date(2027, 3, 8),
        valid_to=date(2027, 3, 15),
    )
    of = Desk(id=1, site_id="susa", municipality="Susa", modes=("video",), hours=(line,))
    opened = [day for day in (date(2027, 3, 1) + timedelta(weeks=n) for n in range(4)) if openings(of, day)]
    assert opened == [date(2027, 3, 8), date(2027, 3, 15)]


def test_without_desks_there_is_no_reason_to_give() -> None:
    assert closed_reason([], date(2027, 3, 6)) is None


# --- holidays ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "municipality", "name"),
    [
        (date(2027, 12, 8), "Susa", "Immacolata Concezione"),
        (date(2027, 3, 29), "Susa", "Lunedì dell'Angelo"),
        (date(2027, 6, 24), "Torino", "San Giovanni Battista"),
        (date(2027, 6, 24), "Susa", None),
        (date(2027, 11, 10), "Alessandria", "San Baudolino"),
        (date(2027, 5, 8), "Verbania", "San Vittore il Moro"),
        (date(2027, 3, 2), "Torino", None),
    ],
)
def test_holidays_have_italian_names_and_patrons_are_of_their_town(
    day: date, municipality: str, name: str | None
) -> None:
    assert holiday_name(day, municipality) == name


def test_a_holiday_closes_and_its_name_is_the_reason() -> None:
    in_torino = desk((3, "09:00", "10:00"), municipality="Torino")
    assert openings(in_torino, date(2027, 6, 24)) == ()
    assert closed_reason([in_torino], date(2027, 6, 24)) == "San Giovanni Battista"
    in_susa = desk((3, "09:00", "10:00"))
    assert closed_reason([in_torino, in_susa], date(2027, 6, 24)) is None


# --- exceptions -------------------------------------------------------------------------------------------------------


def closure(opens: str | None = None, closes: str | None = None, reason: str = "assemblea") -> DayException:
    return DayException(
        first_day=date(2027, 3, 1),
        last_day=date(2027, 3, 2),
        closed=True,
        opens=time.fromisoformat(opens) if opens else None,
        closes=time.fromisoformat(closes) if closes else None,
        reason=reason,
    )


def test_a_closed_day_is_closed_with_its_reason_until_its_last_day() -> None:
    of = desk((0, "09:00", "10:00"), (1, "09:00", "10:00"), (2, "09:00", "10:00"), exceptions=(closure(),))
    assert [bool(openings(of, date(2027, 3, day))) for day in (1, 2, 3)] == [False, False, True]
    assert closed_reason([of], date(2027, 3, 2)) == "assemblea"


def test_closed_hours_are_cut_out_and_the_grid_stays() -> None:
    of = desk((0, "09:00", "12:00"), exceptions=(closure("09:45", "10:50"),))
    assert starts(of, date(2027, 3, 1)) == ["09:00 +01", "11:00 +01", "11:30 +01"]


def test_extra_openings_count_on_holidays_too() -> None:
    extra = DayException(
        first_day=date(2027, 6, 2),
        last_day=date(2027, 6, 2),
        closed=False,
        opens=time(15),
        closes=time(16),
        slot_minutes=20,
    )
    of = desk((2, "09:00", "10:00"), exceptions=(extra,))
    assert starts(of, date(2027, 6, 2), minutes=20) == ["15:00 +02", "15:20 +02", "15:40 +02"]


def test_a_closure_wins_over_an_extra_opening() -> None:
    extra = DayException(
        first_day=date(2027, 3, 1), last_day=date(2027, 3, 1), closed=False, opens=time(15), closes=time(16)
    )
    assert openings(desk(exceptions=(extra, closure("14:00", "18:00"))), date(2027, 3, 1)) == ()


def test_places_are_those_of_the_opening_the_slot_fits_in() -> None:
    of = desk((0, "09:00", "10:00"), places=3)
    nine = instant(date(2027, 3, 1), time(9))
    assert places_at(of, nine, 1800) == 3
    assert places_at(of, nine + 60, 1800) == 0  # not on the grid
    assert places_at(of, nine + 1800, 3600) == 0  # too long


# --- clock changes ----------------------------------------------------------------------------------------------------


def test_in_march_the_hour_that_is_skipped_has_no_slots() -> None:
    of = desk((6, "01:00", "04:00"))
    assert starts(of, SPRING) == ["01:00 +01", "01:30 +01", "03:00 +02", "03:30 +02"]


def test_in_october_the_hour_that_comes_twice_has_them_twice() -> None:
    of = desk((6, "01:00", "04:00"))
    assert starts(of, AUTUMN) == [
        *("01:00 +02", "01:30 +02", "02:00 +02", "02:30 +02"),
        *("02:00 +01", "02:30 +01", "03:00 +01", "03:30 +01"),
    ]


def test_the_hours_of_the_same_day_after_the_change_are_as_on_the_door() -> None:
    of = desk((6, "09:00", "10:00"))
    assert starts(of, SPRING) == ["09:00 +02", "09:30 +02"]
    assert starts(of, AUTUMN) == ["09:00 +01", "09:30 +01"]


def test_an_opening_in_the_hour_that_is_skipped_begins_at_the_change() -> None:
    assert datetime.fromtimestamp(instant(SPRING, time(2, 30)), UTC) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    assert starts(desk((6, "02:30", "04:00")), SPRING) == ["03:00 +02", "03:30 +02"]
    assert starts(desk((6, "02:00", "03:00")), SPRING) == []


@given(
    day=st.sampled_from([SPRING, AUTUMN, date(2027, 3, 21)]),
    opens=st.integers(0, 1438),
    length=st.integers(1, 600),
    step=st.integers(5, 90),
    minutes=st.integers(5, 120),
)
def test_slots_never_leave_the_opening_nor_overlap_the_next_on_the_grid(
    day: date, opens: int, length: int, step: int, minutes: int
) -> None:
    closes = min(opens + length, 1439)
    first, last = time(opens // 60, opens % 60), time(closes // 60, closes % 60)
    for opening in openings(desk((6, f"{first:%H:%M}", f"{last:%H:%M}"), step=step), day):
        assert opening.starts == instant(day, first)
        assert opening.ends == instant(day, last)
        found = list(opening.slots(minutes * 60))
        assert all(opening.starts <= start and start + minutes * 60 <= opening.ends for start in found)
        assert all(later - earlier == step * 60 for earlier, later in pairwise(found))
        # Nothing is lost: one more would not fit.
        after = found[-1] + step * 60 if found else opening.starts
        assert after + minutes * 60 > opening.ends


@given(st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001 - hours as on the door
def test_an_hour_of_the_door_is_that_hour_unless_it_is_skipped(written: datetime) -> None:
    written = written.replace(microsecond=0)
    shown = datetime.fromtimestamp(instant(written.date(), written.time()), ROME).replace(tzinfo=None)
    skipped = written.date() == SPRING and written.hour == 2
    assert shown == (written.replace(hour=3, minute=0, second=0) if skipped else written)
