"""A timetable as rows and cells: hours down, desks or days across; or desks down and days across, counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.agenda.model import Mode
from bot.agenda.timetable import DeskDay, Taken
from bot.clock import ROME


@dataclass(kw_only=True)
class Cell:
    """What happens at one hour in one column. `going_on`: places taken by what began before; `open`: whether it receives."""

    column: DeskDay
    appointments: list[Taken] = field(default_factory=list)
    held: list[Taken] = field(default_factory=list)
    free: int = 0
    going_on: int = 0
    open: bool = False
    past: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """One hour of the clock."""

    hour: str
    cells: Sequence[Cell]


def hours_of(columns: Sequence[DeskDay], *, now: datetime) -> list[Row]:
    """A row for each hour at which something can begin, or begins, in one of the columns."""
    wanted = sorted({_clock(start) for column in columns for start in _starts(column)})
    return [
        Row(hour=f"{hour}:{minute:02}", cells=[_cell(column, (hour, minute), now) for column in columns])
        for hour, minute in wanted
    ]


def _starts(column: DeskDay) -> set[int]:
    steps = {start for opening in column.openings for start in opening.slots(opening.step)}
    return steps | {int(one.starts.timestamp()) for one in column.taken}


def _clock(start: int) -> tuple[int, int]:
    local = datetime.fromtimestamp(start, ROME)
    return local.hour, local.minute


def _cell(column: DeskDay, at: tuple[int, int], now: datetime) -> Cell:
    # As on the door: of an hour that comes twice, the first.
    moment = datetime(column.day.year, column.day.month, column.day.day, *at, tzinfo=ROME)
    seconds = int(moment.timestamp())
    cell = Cell(column=column, past=moment < now)
    cell.open = any(one.starts <= seconds < one.ends for one in column.openings)
    cell.free = 0 if cell.past else max(0, column.free.get(seconds, 0))
    for one in column.taken:
        if one.starts.timestamp() == seconds:
            (cell.held if one.state is None else cell.appointments).append(one)
        elif one.starts.timestamp() < seconds < one.ends.timestamp():
            cell.going_on += 1
    return cell


@dataclass(frozen=True, kw_only=True)
class Count:
    """One desk on one day, counted."""

    column: DeskDay
    booked: int
    held: int
    free: int
    modes: Sequence[tuple[Mode, int]]  # of those booked


def counted(columns: Sequence[DeskDay], *, now: datetime) -> list[list[Count]]:
    """By desk, its days."""
    rows: dict[int, list[Count]] = {}
    for column in columns:
        booked = column.appointments
        count = Count(
            column=column,
            booked=len(booked),
            held=len(column.held),
            free=column.free_from(now),
            modes=Counter(one.mode for one in booked).most_common(),
        )
        rows.setdefault(column.desk.id, []).append(count)
    return list(rows.values())


def days_worth_showing(days: Sequence[date], columns: Sequence[DeskDay]) -> list[date]:
    """The days; Saturday and Sunday only when something happens on them."""
    busy = {one.day for one in columns if one.openings or one.taken}
    return [day for day in days if day.weekday() < 5 or day in busy]
