"""What a talk asked for and the agenda does not have, as it is told to the citizen: for those who plan the desks."""

from datetime import date

from bot.booking.desk import Desk
from bot.booking.search import Found
from bot.booking.state import State
from bot.booking.where import centres_of, home_of
from bot.booking.wish import reading_from_json
from bot.demand.model import Lack, Reason
from bot.nlu.when import Reading


async def note_lack(desk: Desk, state: State, found: Found) -> None:
    """Keep with the desk that the wish cannot be met, or only late; nothing when it can, or breaks the service's rules."""
    reason = await _reason(desk, state, found)
    if reason is not None:
        desk.lacks.append(_lack(desk, state, reason))


def note_no_agenda(desk: Desk, state: State) -> None:
    """The centre of the citizen's municipality gives no appointments."""
    near = centres_of(desk, state.municipality) if state.municipality else []
    home = home_of(desk, state)
    lack = Lack(
        kind="no_place",
        reason="no_agenda",
        service_id=state.service,
        mode=state.mode,
        centre=near[0] if near else None,
        province=home.province if home else None,
    )
    desk.lacks.append(lack)


async def _reason(desk: Desk, state: State, found: Found) -> Reason | None:
    wish = reading_from_json(state.wish or {})
    if found.wait:
        return "late"
    if not found.short:
        return "late" if found.slots and found.is_late(wish, desk.now) else None
    if state.shown or wish.past:
        # Who refuses what was shown has been offered something; what is past nobody can give.
        return None
    days = (wish.date,) if wish.date else wish.dates
    if _against_rules(desk, state, wish, days):
        return None
    if wish.closed or (len(days) == 1 and await desk.book.closed_on(state.sites, days[0])):
        return "closed"
    return "full"


def _against_rules(desk: Desk, state: State, wish: Reading, days: tuple[date, ...]) -> bool:
    service = desk.services[state.service or ""]
    first = min(days) if days else wish.date_from
    last = max(days) if days else wish.date_to
    too_far = first is not None and first > (desk.now + service.max_ahead).date()
    too_soon = last is not None and last < (desk.now + service.min_notice).date()
    return too_far or too_soon


def _lack(desk: Desk, state: State, reason: Reason) -> Lack:
    home = home_of(desk, state)
    return Lack(
        kind="no_place",
        reason=reason,
        service_id=state.service,
        mode=state.mode,
        centre=state.sites[0] if state.ring == "centre" and state.sites else None,
        province=home.province if home is not None and state.ring != "region" else None,
        wish={"ring": state.ring, **(state.wish or {})},
    )
