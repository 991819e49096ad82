"""Days and hours heard in the talk: merged with what was said before, or asked about when doubtful."""

from bot.booking import cues
from bot.booking.heard import Heard
from bot.booking.state import State
from bot.booking.wish import limits_day, merged, reading_from_json

STEPS = (None, "service", "where", "mode", "when", "slot", "confirm", "change", "widen", "waiting", "which", "code")


def hear_when(state: State, heard: Heard) -> bool:
    """Take the day or hour of a message into the wish; whether there was any."""
    if heard.when.none or not (state.step in STEPS or cues.corrects(heard.text)):
        return False
    old = reading_from_json(state.wish) if state.wish else None
    readings = list(heard.when.readings)
    if state.readings and len(readings) == 1:
        # An answer to "which of the two?": the one it fits, else a new wish.
        fitting = [one for one in state.readings if _agrees(readings[0].as_json(), one)]
        if len(fitting) == 1:
            readings = [reading_from_json(fitting[0])]
    if len(readings) > 1:
        state.readings = [merged(old, one).as_json() for one in readings]
    else:
        state.readings = []
        state.wish = merged(old, readings[0]).as_json()
    state.waiting = False
    state.drop_slot()
    return True


def _agrees(said: dict[str, object], option: dict[str, object]) -> bool:
    if "part" in said and "time" in option:
        morning = str(option["time"]) < "13:00"
        return morning == ("mattina" in str(said["part"]))
    return all(option.get(name) == value for name, value in said.items())


def choose_reading(state: State, index: str) -> bool:
    """The reading picked with a button."""
    if not index.isdigit() or int(index) >= len(state.readings):
        return False
    state.wish, state.readings = state.readings[int(index)], []
    state.drop_slot()
    return True


def has_day(state: State) -> bool:
    """Whether a day was said."""
    return state.wish is not None and limits_day(reading_from_json(state.wish))
