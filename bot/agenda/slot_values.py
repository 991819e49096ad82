"""A place as a form or a button carries it, in one word."""

import re
from datetime import UTC, datetime
from typing import cast

from bot.agenda.model import Mode, Service, Slot

_VALUE = re.compile(r"(video|phone|in_person)\.([0-9]{1,9})\.([0-9]{1,10})\.([\w-]{1,100})")


def value_of(slot: Slot) -> str:
    """The place as one word. The book looks at what comes back: it need not be believed."""
    return f"{slot.mode}.{slot.desk_id}.{int(slot.starts.timestamp())}.{slot.site_id}"


def slot_of(value: str, service: Service) -> Slot | None:
    """The place that was sent; None when it is no place."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    starts = datetime.fromtimestamp(int(match[3]), UTC)
    return Slot(
        site_id=match[4],
        desk_id=int(match[2]),
        service_id=service.id,
        mode=cast(Mode, match[1]),
        starts=starts,
        ends=starts + service.duration,
    )
