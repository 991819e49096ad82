"""How a centre is reached and when it is open, changed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.knowledge.readability import gulpease
from bot.teaching.knowledge_edit import (
    DATA,
    READABLE,
    KnowledgeEditError,
    NewSource,
    ask_source,
    checked_with,
    data_of,
    dated,
    edited,
    set_if_known,
)
from bot.teaching.lessons import Proposal

CENTRES = f"{DATA}/centres.yml"
CONTACTS = ("address", "phone", "email", "pec")
_PHONE = re.compile(r"[+\d][\d\s./()-]{4,25}(,\s*[+\d][\d\s./()-]{4,25})*")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")


def edit_centre(
    root: Path, centre_id: str, fields: Mapping[str, str], *, source: NewSource, confirmed: bool
) -> Proposal:
    """Change how a centre is reached and when it is open.

    `fields` has those of `CONTACTS`, and `hours` (in words, as they are said), `as_of`, `owner`, `review_by`; empty is
    unknown. `confirmed`: one of the sources listed says it. Raises `KnowledgeEditError`.
    """
    if fields["phone"] and not _PHONE.fullmatch(fields["phone"]):
        raise KnowledgeEditError("Il telefono si scrive con cifre e spazi, come 011 1234567.", "phone")
    for name in ("email", "pec"):
        if fields[name] and not _MAIL.fullmatch(fields[name]):
            raise KnowledgeEditError("L'indirizzo di posta si scrive come nome@example.org.", name)
    data = data_of(root, CENTRES)
    place = next((at for at, one in enumerate(data["centres"]) if one["id"] == centre_id), None)
    if place is None:
        raise KnowledgeEditError("Questo centro non c'è più.")
    old = data["centres"][place]
    wanted = {**old, "verified": dict(old["verified"])}
    for name in CONTACTS:
        set_if_known(wanted, name, fields[name] or None)
    set_if_known(wanted, "opening_hours", _hours(old["opening_hours"], fields["hours"]))
    facts = [name for name in (*CONTACTS, "opening_hours") if wanted.get(name) != old.get(name)]
    for name in facts:
        if name in wanted["verified"]:
            wanted["verified"][name] = bool(wanted[name])
    for name in ("as_of", "owner"):
        set_if_known(wanted, name, fields[name] or None)
    set_if_known(wanted, "review_by", dated(fields["review_by"], "review_by"))
    wanted["sources"] = [*old["sources"], *source.as_data()]
    ask_source(bool(facts), source, confirmed)
    if wanted == old:
        return Proposal(kind="centre", title="", changes=())
    data["centres"][place] = wanted
    change = edited(root, CENTRES, data)
    checked_with(root, [change])
    if fields["hours"] and gulpease(fields["hours"]) < READABLE:
        raise KnowledgeEditError("Gli orari sono difficili da leggere: usa frasi più corte.", "hours")
    only_owner = {name for name in wanted if wanted.get(name) != old.get(name)} <= {"owner", "review_by"}
    return Proposal(
        kind="owner" if only_owner else "centre",
        title=f"Responsabile di «{old['name']}»" if only_owner else f"Dati di «{old['name']}»",
        changes=(change,),
    )


def _hours(old: list[dict[str, Any]] | None, note: str) -> list[dict[str, Any]] | None:
    """The opening hours with other words: those of the first line that has any, which are what is said."""
    rows = [dict(row) for row in old or []]
    said = next((row for row in rows if row.get("note")), rows[0] if rows else None)
    if said is None:
        return [{"days": None, "from": None, "to": None, "by_appointment": False, "note": note}] if note else old
    if (said.get("note") or "") != note:
        said["note"] = note or None
    return rows


def hours_in_words(old: list[dict[str, Any]] | None) -> str:
    """What is said of the opening hours; empty when nothing is."""
    return next((str(row["note"]) for row in old or [] if row.get("note")), "")
