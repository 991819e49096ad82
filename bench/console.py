"""The operators' console with 1,000,000 messages stored: the first page of the list, of searches, of filters.

python -m bench.console [--quick] [--keep FOLDER]
"""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import yaml

from bench.desk import run_cases
from bench.processes import end_cleanly_when_told
from bot.settings import ROOT, get_settings
from bot.storage.embedded import embedded_url, start_embedded
from bot.storage.engine import create_engine
from bot.storage.migrate import upgrade
from console.transcripts.summaries import catch_up

MESSAGES, EACH = 1_000_000, 10
PROMISED_MS = 100
RARE = "quaternario"

CASES = (
    ("the list", "/"),
    ("a page half a year back", "/?dopo=2026-06-15T12:00:00%2B00:00_ffffffff-ffff-4fff-8fff-ffffffffffff"),
    ("unread", "/?vista=nuove"),
    ("channel, centre, outcome", "/?canale=sms&centro=chieri&esito=answered"),
    ("a rare topic", "/?argomento=danger"),
    ("not understood, in one week", "/?non_capito=1&dal=2026-03-02&al=2026-03-08"),
    ("a tag of 50 conversations", "/?etichetta=urgente"),
    ("operator of one centre", "@/"),
    ("a rare word", f"/?parole={RARE}"),
    ("a common word", "/?parole=appuntamento"),
    ("a common word, operator of one centre", "@/?parole=appuntamento"),
    ("how a common word begins", "/?parole=appunt"),
    ("three letters words begin with", "/?parole=pre"),
    ("two common words", f"/?parole={quote('appuntamento centro')}"),
    ("a phrase that is there", "/?parole=" + quote('"centro per l\'impiego"')),
    ("a phrase of common words that is not", "/?parole=" + quote('"appuntamento lavoro centro"')),
    ("a common word without another", f"/?parole={quote('appuntamento -centro')}"),
    ("a word that is not there", "/?parole=zzzzz"),
    ("a common word, a rare topic", "/?parole=appuntamento&argomento=danger"),
    ("a common word, no such channel", "/?parole=appuntamento&canale=piccione"),
)


def sentences() -> list[str]:
    """What people say in the examples: words come as often as they do there."""
    found = []
    for path in sorted((ROOT / "nlu_data").rglob("*.yml")):
        for block in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu", []):
            lines = str(block.get("examples", "")).splitlines()
            found += [line.removeprefix("- ").strip() for line in lines if line.startswith("- ")]
    return [line for line in found if line]


def seed(connection: psycopg.Connection, messages: int) -> None:
    """Conversations of ten messages over a year; every 20,000th message has a word no other has."""
    connection.execute("CREATE TEMP TABLE said (n bigint GENERATED ALWAYS AS IDENTITY, text text)")
    with connection.cursor().copy("COPY said (text) FROM STDIN") as copy:
        for line in sentences():
            copy.write_row([line])
    pool = connection.execute("SELECT count(*) FROM said").fetchone()
    assert pool and pool[0] > 1000, pool
    connection.execute("CREATE INDEX ON said (n)")
    # Nothing is sent anywhere, and the index of words is made at the end.
    connection.execute("SET session_replication_role = replica")
    connection.execute("DROP INDEX messages_words")
    values = {"talks": messages // EACH, "each": EACH, "pool": pool[0], "rare": f" {RARE}"}
    connection.execute(
        """
        INSERT INTO conversations (id, channel, created_at, last_message_at, last_seq)
        SELECT md5(n::text)::uuid, (ARRAY['webchat', 'telegram', 'whatsapp', 'sms'])[1 + n %% 4],
               at, at + interval '5 minutes', %(each)s
        FROM (SELECT n, timestamptz '2026-01-01' + interval '1 year' * n / %(talks)s AS at
              FROM generate_series(1, %(talks)s) n) made
        """,
        values,
    )
    connection.execute(
        """
        INSERT INTO messages (id, conversation_id, seq, sender, text, created_at, answered_at)
        SELECT md5(k || '-' || seq)::uuid, md5(k::text)::uuid, seq, CASE seq %% 2 WHEN 1 THEN 'citizen' ELSE 'bot' END,
               said.text || CASE WHEN (k * %(each)s + seq) %% 20000 = 1 THEN %(rare)s ELSE '' END,
               timestamptz '2026-01-01' + interval '1 year' * k / %(talks)s + interval '30 seconds' * seq, now()
        FROM generate_series(1, %(talks)s) k, generate_series(1, %(each)s) seq,
             LATERAL (SELECT 1 + abs(hashint8extended(k * 100 + seq, 7)) %% %(pool)s AS pick) chosen
             JOIN said ON said.n = chosen.pick
        ORDER BY k, seq
        """,
        values,
    )
    connection.execute(
        """
        INSERT INTO parses (message_id, intent, confidence, fallback, entities)
        SELECT id, CASE WHEN h % 50000 = 0 THEN 'danger'
                        ELSE (ARRAY['faq/did', 'faq/naspi', 'find_centre', 'centre_hours', 'greet'])[1 + h % 5] END,
               0.3 + (h % 70) / 100.0, h % 20 = 0,
               CASE WHEN h % 3 = 0 THEN jsonb_build_array(jsonb_build_object('entity', 'centre', 'value',
                    (ARRAY['chieri', 'susa', 'torino-nord', 'torino-sud', 'ivrea'])[1 + h / 3 % 5])) ELSE '[]' END
        FROM (SELECT id, abs(hashint8extended(seq, hashtext(id::text))) AS h FROM messages WHERE sender = 'citizen') m
        """
    )
    connection.execute("SET session_replication_role = origin")
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("CREATE INDEX messages_words ON messages USING gin (words)")
    connection.execute(
        "INSERT INTO console_tags (conversation_id, tag) SELECT id, 'urgente' FROM conversations ORDER BY id LIMIT 50"
    )


@contextmanager
def stocked(messages: int, keep: Path | None) -> Iterator[None]:
    """A database with that many messages; kept in a folder for the next time if asked to."""
    folder = keep or Path(tempfile.mkdtemp(prefix="sportello-bench-console-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    server = start_embedded(folder)
    os.environ["DATABASE_URL"] = embedded_url(server)
    os.environ.setdefault("SPORTELLO_SECRET_KEY", "a secret for this benchmark alone and nothing else")
    get_settings.cache_clear()
    try:
        upgrade()
        with psycopg.connect(embedded_url(server), autocommit=True) as connection:
            known = connection.execute("SELECT count(*) FROM messages").fetchone()
            if known == (0,):
                started = time.perf_counter()
                seed(connection, messages)
                print(f"{messages:,} messages written and indexed in {time.perf_counter() - started:.0f} s", flush=True)
            started = time.perf_counter()
            done = asyncio.run(all_summed_up())
            if done:
                print(f"{done:,} conversations summed up in {time.perf_counter() - started:.0f} s", flush=True)
            connection.execute("DELETE FROM console_accounts")
            connection.execute("VACUUM ANALYZE")
            started = time.perf_counter()
            connection.execute("SELECT count(sportello_words(text)) FROM (SELECT text FROM messages LIMIT 20000) few")
            print(
                f"the words of a message take {(time.perf_counter() - started) / 20000 * 1e6:.0f} µs when it is stored"
            )
        yield
    finally:
        server.cleanup()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


async def all_summed_up() -> int:
    engine = create_engine(pool_size=1)
    try:
        return await catch_up(engine)
    finally:
        await engine.dispose()


def main() -> None:
    """Entry point of `python -m bench.console`."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 messages")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the database there, and use it the next time")
    options = parser.parse_args()
    end_cleanly_when_told()
    with stocked(MESSAGES // 10 if options.quick else MESSAGES, options.keep):
        if not asyncio.run(run_cases("The first page", CASES, promised_ms=PROMISED_MS, lists=True)):
            raise SystemExit("the promise is not kept")


if __name__ == "__main__":
    main()
