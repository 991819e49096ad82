"""Questions left when nobody was there, and what was not to be had, as the product notes both."""

from datetime import timedelta
from uuid import UUID

from bot.answers import people as words
from bot.clock import ROME
from bot.conversations.desk_tables import promises
from bot.conversations.model import QUESTION
from bot.conversations.promises import due_from
from bot.demand.model import Lack
from bot.demand.tables import unmet_demand
from console.demo.ids import new_id
from console.demo.talk import WEBCHAT, Talk
from console.demo.wording import data, write

UNANSWERED = 0.06
LATE = 0.12


def leaves_question(talk: Talk, *, unanswered: bool = False) -> None:
    """Writes what a person is to answer; mostly it is answered in time, unless `unanswered`."""
    chance = talk.chance
    talk.presses(words.LEAVE_QUESTION, "action_person")
    talk.bot(words.ask_question(due_from(talk.now), talk.now))
    case = chance.choice(data("desk")["cases"])
    talk.writes(write(case["citizen"], chance, talk.person.style).text)
    question: UUID = talk.last_question
    talk.means("talk_to_operator", {"given": QUESTION, "which": str(question)}, "action_person")
    asked, due = talk.now, due_from(talk.now)
    talk.bot(words.question_left(due, talk.now, again=False, comes_back=talk.channel == WEBCHAT))
    late = chance.random() < LATE
    at = due + timedelta(minutes=chance.uniform(10, 300)) if late else due - timedelta(minutes=chance.uniform(5, 200))
    colleague = chance.choice(talk.world.colleagues)
    waits = unanswered or at >= talk.world.end - timedelta(minutes=30) or chance.random() < UNANSWERED
    answer = None
    if late and due < talk.world.end:
        talk.now = due + timedelta(seconds=20)
        talk.bot(words.answer_late(asked), wait=0, answers=False)
    if not waits:
        talk.now = max(talk.now, at)
        lead = words.ANSWER_LEAD.format(asked=words.asked_words(asked))
        answer = talk.person_says(colleague.name, f"{lead}\n\n{case['operator'][-1]}")
    talk.world.rows.add(
        promises,
        id=new_id(chance),
        conversation_id=talk.id,
        question_id=question,
        asked_at=asked,
        due_at=due,
        assigned_to=str(colleague.id) if answer or chance.random() < 0.3 else None,
        late_told_at=due + timedelta(seconds=20) if late and due < talk.world.end else None,
        answer_id=answer,
        done_at=talk.now if answer else None,
        done_by=str(colleague.id) if answer else None,
        outcome="answered" if answer else None,
    )


def lacks(talk: Talk, lack: Lack) -> None:
    """Noted once a day."""
    day = talk.now.astimezone(ROME).date()
    key = (day, lack.kind, lack.service_id, lack.centre, lack.topic)
    if key in talk.noted:
        return
    talk.noted.add(key)
    talk.world.rows.add(
        unmet_demand,
        id=new_id(talk.chance),
        at=talk.now,
        day=day,
        kind=lack.kind,
        reason=lack.reason,
        conversation_id=talk.id,
        service_id=lack.service_id,
        mode=lack.mode,
        centre=lack.centre,
        province=lack.province,
        topic=lack.topic,
        wish=lack.wish,
    )
