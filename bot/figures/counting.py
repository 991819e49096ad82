"""Conversations summed up day by day, for figures to be counted from; done again whenever a conversation changes.

A conversation without messages of a day keeps the row of that day: messages that were too old to be kept still count.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

SMALL_TALK = (
    "greet goodbye affirm deny thanks choose inform restart repeat nlu_fallback ask_aspect show_source choose_place "
    "none_of_these feedback_positive"
).split()
"""Intents that are not what a conversation is about."""

ASKS_PERSON = ["talk_to_operator", "call_back"]
"""Understood as one of these, the citizen wanted a person, whether or not one was there."""

OFF_TOPIC = "out_of_scope"

_DAYS = text("""
INSERT INTO figure_days (conversation_id, day, channel, centre, citizen, assistant, operator, parsed, not_understood,
                         off_topic, topics, outcome)
SELECT s.conversation_id, d.day, s.channel, s.centre, d.citizen, d.assistant, d.operator, d.parsed, d.not_understood,
       d.off_topic, coalesce(d.topics, '{}'),
       CASE WHEN d.citizen = 0 THEN NULL
            WHEN d.operator > 0 OR d.asks_person OR asked.conversation_id IS NOT NULL THEN 'person'
            WHEN d.last_failed THEN 'not_understood'
            ELSE 'answered' END
FROM console_summaries s
CROSS JOIN LATERAL (
    SELECT (m.created_at AT TIME ZONE 'Europe/Rome')::date AS day,
           count(*) FILTER (WHERE m.sender = 'citizen') AS citizen,
           count(*) FILTER (WHERE m.sender = 'bot') AS assistant,
           count(*) FILTER (WHERE m.sender = 'operator') AS operator,
           count(p.message_id) AS parsed,
           count(*) FILTER (WHERE p.fallback AND p.intent IS DISTINCT FROM :off_topic) AS not_understood,
           count(*) FILTER (WHERE p.fallback AND p.intent = :off_topic) AS off_topic,
           array_agg(DISTINCT coalesce('faq/' || pressed.topic, p.intent))
               FILTER (WHERE NOT p.fallback AND p.intent <> ALL (:small_talk)) AS topics,
           coalesce(bool_or(p.intent = ANY (:asks_person) AND NOT p.fallback), false) AS asks_person,
           coalesce((array_agg(p.fallback AND p.intent IS DISTINCT FROM :off_topic ORDER BY m.seq DESC)
               FILTER (WHERE p.message_id IS NOT NULL))[1], false) AS last_failed
    FROM messages m LEFT JOIN parses p ON p.message_id = m.id
    -- a button that asks for a topic names it
    LEFT JOIN LATERAL (
        SELECT e->>'value' AS topic FROM jsonb_array_elements(p.entities) e
        WHERE p.intent = 'ask_topic' AND e->>'entity' = 'topic' LIMIT 1
    ) pressed ON true
    WHERE m.conversation_id = s.conversation_id
    GROUP BY 1
) d
LEFT JOIN LATERAL (
    SELECT h.conversation_id FROM handoffs h
    WHERE h.conversation_id = s.conversation_id AND (h.requested_at AT TIME ZONE 'Europe/Rome')::date = d.day
    LIMIT 1
) asked ON true
WHERE s.conversation_id = ANY(:ids)
ON CONFLICT (conversation_id, day) DO UPDATE SET
    channel = excluded.channel, centre = excluded.centre, citizen = excluded.citizen, assistant = excluded.assistant,
    operator = excluded.operator, parsed = excluded.parsed, not_understood = excluded.not_understood,
    off_topic = excluded.off_topic, topics = excluded.topics, outcome = excluded.outcome
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("small_talk", type_=ARRAY(Text)),
    bindparam("asks_person", type_=ARRAY(Text)),
)
_HOURS = text("""
INSERT INTO figure_hours (conversation_id, day, hour, channel, centre, citizen)
SELECT s.conversation_id, (m.created_at AT TIME ZONE 'Europe/Rome')::date,
       extract(hour FROM m.created_at AT TIME ZONE 'Europe/Rome'), s.channel, s.centre, count(*)
FROM console_summaries s JOIN messages m ON m.conversation_id = s.conversation_id AND m.sender = 'citizen'
WHERE s.conversation_id = ANY(:ids)
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (conversation_id, day, hour) DO UPDATE SET
    channel = excluded.channel, centre = excluded.centre, citizen = excluded.citizen
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def count_conversations(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Count these conversations anew; their summaries, which know the centre, must be up to date."""
    values = {"ids": sorted(ids), "small_talk": SMALL_TALK, "asks_person": ASKS_PERSON, "off_topic": OFF_TOPIC}
    await connection.execute(_DAYS, values)
    await connection.execute(_HOURS, {"ids": sorted(ids)})
