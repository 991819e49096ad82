"""What the list of conversations is filtered by, worked out of the transcript in one statement.

It is done by the console's own process after messages were stored, never on their way: the citizen does not wait for it.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.figures.counting import SMALL_TALK, count_conversations
from bot.knowledge import get_knowledge
from bot.knowledge.files import from_knowledge

AT_ONCE = 5000
LOW_CONFIDENCE = 0.6
"""Below this the assistant was not sure of what was meant."""

_SUMMARISE = text("""
INSERT INTO console_summaries (conversation_id, channel, created_at, last_message_at, through_seq, citizen_messages,
                               topic, intents, fallback, min_confidence, centre, appointment, outcome)
SELECT c.id, c.channel, c.created_at, c.last_message_at, c.last_seq, said.messages,
       said.topic, coalesce(said.intents, '{}'), coalesce(said.fallback, false), said.min_confidence,
       coalesce(work.centre, booked.site_id, asked.centre), booked.site_id IS NOT NULL,
       coalesce(work.outcome, closed.outcome,
                CASE WHEN booked.site_id IS NOT NULL THEN 'appointment'
                     WHEN said.messages = 0 THEN 'empty'
                     WHEN said.last_fallback THEN 'not_understood'
                     ELSE 'answered' END)
FROM conversations c
LEFT JOIN console_work work ON work.conversation_id = c.id
CROSS JOIN LATERAL (
    SELECT count(*) AS messages,
           (array_agg(what.about ORDER BY m.seq DESC) FILTER (WHERE what.about <> ALL (:small_talk)))[1] AS topic,
           array_agg(DISTINCT what.about) FILTER (WHERE what.about IS NOT NULL) AS intents,
           bool_or(p.fallback) AS fallback,
           (array_agg(p.fallback ORDER BY m.seq DESC) FILTER (WHERE p.fallback IS NOT NULL))[1] AS last_fallback,
           min(p.confidence) AS min_confidence
    FROM messages m LEFT JOIN parses p ON p.message_id = m.id
    -- A guess is no topic, a matter recognised as somebody else's is; a button stands for the topic it carries.
    CROSS JOIN LATERAL (SELECT CASE
        WHEN p.fallback AND p.intent <> 'out_of_scope' THEN NULL
        WHEN p.intent = 'ask_topic' THEN coalesce('faq/' || (jsonb_path_query_first(
            p.entities, '$[*] ? (@.entity == "topic").value') #>> '{}'), p.intent)
        ELSE p.intent END AS about) what
    WHERE m.conversation_id = c.id AND m.sender = 'citizen'
) said
LEFT JOIN LATERAL (
    SELECT site_id FROM agenda_appointments WHERE conversation_id = c.id ORDER BY created_at DESC LIMIT 1
) booked ON true
LEFT JOIN LATERAL (
    SELECT outcome FROM handoffs WHERE conversation_id = c.id AND outcome IS NOT NULL ORDER BY ended_at DESC LIMIT 1
) closed ON true
LEFT JOIN LATERAL (
    SELECT CASE WHEN e->>'entity' = 'centre' THEN e->>'value' ELSE :competent ->> (e->>'value') END AS centre
    FROM messages m JOIN parses p ON p.message_id = m.id, jsonb_array_elements(p.entities) e
    WHERE m.conversation_id = c.id AND jsonb_typeof(e->'value') = 'string'
      AND (e->>'entity' = 'centre' OR e->>'entity' = 'municipality' AND :competent ? (e->>'value'))
    ORDER BY m.seq DESC LIMIT 1
) asked ON true
WHERE c.id = ANY(:ids)
ON CONFLICT (conversation_id) DO UPDATE SET
    last_message_at = excluded.last_message_at, through_seq = excluded.through_seq,
    citizen_messages = excluded.citizen_messages, topic = excluded.topic, intents = excluded.intents,
    fallback = excluded.fallback, min_confidence = excluded.min_confidence, centre = excluded.centre,
    appointment = excluded.appointment, outcome = excluded.outcome
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("small_talk", type_=ARRAY(Text)),
    bindparam("competent", type_=JSONB),
)
# One writer at a time for each conversation: who comes second reads what the first wrote, and everything before it.
_BEGUN = text("""
INSERT INTO console_summaries (conversation_id, channel, created_at, last_message_at, through_seq, citizen_messages,
                               fallback, appointment, outcome)
SELECT id, channel, created_at, last_message_at, -1, 0, false, false, 'empty'
FROM conversations WHERE id = ANY(:ids) ORDER BY id
ON CONFLICT DO NOTHING
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_LOCK = text("""
SELECT FROM console_summaries WHERE conversation_id = ANY(:ids) ORDER BY conversation_id FOR NO KEY UPDATE
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_BEHIND = text("""
SELECT c.id FROM conversations c LEFT JOIN console_summaries s ON s.conversation_id = c.id
WHERE s.conversation_id IS NULL OR s.through_seq <> c.last_seq
ORDER BY c.last_message_at DESC
""")


@from_knowledge()
def competent_centres() -> dict[str, str]:
    """The centre of each municipality: the competent one, or else the nearest."""
    return {name: (one.cpi_ids or one.nearest_cpi_ids)[0] for name, one in get_knowledge().by_municipality.items()}


async def summarise(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Bring the summaries and figures of these conversations up to date; those that are gone are passed over."""
    # Always in one order, so that two processes do not wait for each other.
    ordered = {"ids": sorted(ids)}
    await connection.execute(_BEGUN, ordered)
    await connection.execute(_LOCK, ordered)
    await connection.execute(_SUMMARISE, ordered | {"small_talk": SMALL_TALK, "competent": competent_centres()})
    await count_conversations(connection, ids)


async def catch_up(engine: AsyncEngine) -> int:
    """Sum up what was said while nobody listened; returns how many conversations that was."""
    async with engine.connect() as connection:
        behind = list((await connection.execute(_BEHIND)).scalars())
    for start in range(0, len(behind), AT_ONCE):
        async with engine.begin() as connection:
            await summarise(connection, behind[start : start + AT_ONCE])
    return len(behind)
