"""Figures of a year over 1,000,000 messages: the pages Numeri and Che cosa manca, from asking to having them whole.

python -m bench.figures [--quick] [--keep FOLDER]
"""

import argparse
import asyncio
import os
from pathlib import Path

import psycopg

from bench.console import MESSAGES, stocked
from bench.desk import run_cases
from bench.processes import end_cleanly_when_told

PROMISED_MS = 1000
YEAR = "dal=2026-01-01&al=2026-12-31"
CASES = (
    ("Numeri, the year", f"/numeri?{YEAR}"),
    ("Numeri, the year, one centre", f"/numeri?{YEAR}&centro=chieri"),
    ("Numeri, the year, operator of one centre", f"@/numeri?{YEAR}"),
    ("Numeri, a month", "/numeri?dal=2026-03-01&al=2026-03-31"),
    ("Che cosa manca, the year", f"/che-cosa-manca?{YEAR}"),
    ("Che cosa manca, the year, one centre", f"/che-cosa-manca?{YEAR}&centro=chieri"),
    ("a file of topics, the year", f"/numeri/argomenti.csv?{YEAR}"),
)
MORE = """
SET session_replication_role = replica;
INSERT INTO handoffs (id, conversation_id, state, reason, operator, outcome, requested_at, taken_at, ended_at)
SELECT gen_random_uuid(), id, 'closed', 'asked', 'x', 'resolved', created_at,
       created_at + (n % 30) * interval '30 seconds', created_at + interval '20 minutes'
FROM (SELECT id, created_at, row_number() OVER () AS n FROM conversations) c WHERE n % 5 = 0;
INSERT INTO feedback (conversation_id, rating, created_at, changed_at)
SELECT id, CASE WHEN n % 4 = 0 THEN 'down' ELSE 'up' END, created_at, created_at
FROM (SELECT id, created_at, row_number() OVER () AS n FROM conversations) c WHERE n % 10 = 0;
INSERT INTO addresses (id, channel, address_hash, sealed, conversation_id)
SELECT id, channel, decode(md5(id::text), 'hex'), '', id FROM conversations WHERE channel <> 'webchat';
INSERT INTO deliveries (id, message_id, part, channel, address_id, state, segments, started_at)
SELECT gen_random_uuid(), m.id, 0, c.channel, c.id, 'delivered', CASE c.channel WHEN 'sms' THEN 2 END, m.created_at
FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.sender = 'bot' AND c.channel <> 'webchat';
INSERT INTO unmet_demand (id, at, day, kind, reason, conversation_id, service_id, centre, province, topic, wish)
SELECT gen_random_uuid(), created_at, created_at::date,
       (ARRAY['no_place', 'no_answer', 'off_topic', 'no_hours'])[1 + n % 4],
       '', id, 's' || n % 9, (ARRAY['chieri', 'susa', 'torino-nord', 'ivrea', NULL])[1 + n % 5], 'TO', 'faq/did',
       '{"asap": true}'
FROM (SELECT id, created_at, row_number() OVER () AS n FROM conversations) c WHERE n % 3 = 0;
INSERT INTO agenda_categories (id, title) VALUES ('c', 'Bench') ON CONFLICT DO NOTHING;
INSERT INTO agenda_services (id, category_id, title, duration, modes, audience, min_notice, max_ahead)
SELECT 's' || n, 'c', 'Servizio ' || n, '30 minutes', '{video}', 'citizens', '1 hour', '60 days' FROM generate_series(0, 8) n;
INSERT INTO agenda_claims (id, desk_id, lane, during, service_id, mode, created_at)
SELECT md5('a' || id)::uuid, 1, 1 + n % 12,
       tstzrange(created_at + interval '5 days', created_at + interval '5 days 30 minutes'),
       's' || n % 9, 'video', created_at
FROM (SELECT id, created_at, row_number() OVER (ORDER BY created_at) AS n FROM conversations) c;
INSERT INTO agenda_appointments (id, claim_id, code, state, service_id, site_id, desk_id, mode, starts, ends, conversation_id,
                                 created_at, changed_at)
SELECT md5('a' || id)::uuid, CASE WHEN n % 4 <> 2 THEN md5('a' || id)::uuid END, '~' || n,
       (ARRAY['erogato', 'non_presentato', 'disdetto_cittadino', 'erogato'])[1 + n % 4],
       's' || n % 9, (ARRAY['chieri', 'susa', 'torino-nord', 'ivrea'])[1 + n % 4], 1, (ARRAY['video', 'phone'])[1 + n % 2],
       created_at + interval '5 days', created_at + interval '5 days 30 minutes', id, created_at, created_at
FROM (SELECT id, created_at, row_number() OVER () AS n FROM conversations) c;
SET session_replication_role = origin;
"""


def stock_more() -> None:
    """Requests, ratings, deliveries, appointments and unmet demand beside the messages, unless they are there."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        if connection.execute("SELECT count(*) FROM agenda_appointments").fetchone() == (0,):
            for statement in MORE.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute("VACUUM ANALYZE")
        for name in ("messages", "figure_days", "deliveries", "agenda_appointments", "unmet_demand"):
            [(count,)] = connection.execute(f"SELECT count(*) FROM {name}").fetchall()  # noqa: S608
            print(f"{name}: {count:,} rows", flush=True)


def main() -> None:
    """Entry point of `python -m bench.figures`."""
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 messages")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the database there, and use it the next time")
    options = parser.parse_args()
    end_cleanly_when_told()
    with stocked(MESSAGES // 10 if options.quick else MESSAGES, options.keep):
        stock_more()
        if not asyncio.run(run_cases("Figures", CASES, promised_ms=PROMISED_MS)):
            raise SystemExit("the promise is not kept")


if __name__ == "__main__":
    main()
