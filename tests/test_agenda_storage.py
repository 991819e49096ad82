"""What the database itself makes impossible, and the migration."""

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import create_engine, inspect

from bot.agenda import tables  # noqa: F401 - its tables join the metadata
from bot.storage.engine import sqlalchemy_url
from bot.storage.migrate import upgrade
from bot.storage.tables import metadata

Run = Callable[..., list[tuple[object, ...]]]

CLAIM = """
INSERT INTO agenda_claims (id, desk_id, lane, during, service_id, mode, conversation_id, expires_at, created_at)
VALUES (%s, 1, %s, tstzrange(%s, %s, %s), 'cv', 'video', %s, %s, '2027-03-01')
"""
APPOINTMENT = """
INSERT INTO agenda_appointments (id, claim_id, code, state, service_id, site_id, desk_id, mode, starts, ends,
    moved_to, created_at, changed_at)
VALUES (%s, %s, %s, %s, 'cv', 'susa', 1, 'video', '2027-03-02 09:00', '2027-03-02 09:30', %s, now(), now())
"""


@pytest.fixture
def run(query: Run) -> Run:
    """Runs statements on a database with one service, site and desk."""
    query("INSERT INTO agenda_categories (id, title) VALUES ('all', 'Tutto')")
    query(
        "INSERT INTO agenda_services (id, category_id, title, duration, modes, audience, min_notice, max_ahead)"
        " VALUES ('cv', 'all', 'CV', '30 min', '{video}', 'citizens', '1 day', '60 days')"
    )
    query("INSERT INTO agenda_sites VALUES ('susa', 'Susa', 'Susa', 'TO', null, 45, 7)")
    query("INSERT INTO agenda_desks (id, site_id, title, modes) VALUES (1, 'susa', 'desk', '{video}')")
    return query


def claim(run: Run, starts: str, ends: str, *, lane: int = 1, bounds: str = "[)", **more: object) -> object:
    claim_id = uuid4()
    day = "2027-03-02 "
    run(CLAIM, claim_id, lane, day + starts, day + ends, bounds, more.get("conversation"), more.get("expires_at"))
    return claim_id


def test_two_claims_on_one_lane_never_overlap(run: Run) -> None:
    claim(run, "09:00", "09:30")
    for starts, ends in (("09:00", "09:30"), ("09:29", "10:00"), ("08:00", "12:00"), ("09:10", "09:20")):
        with pytest.raises(errors.ExclusionViolation):
            claim(run, starts, ends)
    claim(run, "09:30", "10:00")
    claim(run, "08:30", "09:00")
    claim(run, "09:00", "09:30", lane=2)


def test_an_expired_hold_keeps_its_lane_until_it_is_deleted(run: Run) -> None:
    claim(run, "09:00", "09:30", expires_at="2020-01-01")
    with pytest.raises(errors.ExclusionViolation):
        claim(run, "09:00", "09:30")


@pytest.mark.parametrize(
    ("starts", "ends", "bounds"), [("09:00", "09:00", "[)"), ("09:00", "09:30", "[]"), ("09:00", "09:30", "()")]
)
def test_a_claim_is_a_half_open_interval(run: Run, starts: str, ends: str, bounds: str) -> None:
    with pytest.raises(errors.CheckViolation):
        claim(run, starts, ends, bounds=bounds)


def test_a_conversation_has_one_hold(run: Run) -> None:
    me = uuid4()
    claim(run, "09:00", "09:30", conversation=me, expires_at="2027-03-01")
    with pytest.raises(errors.UniqueViolation):
        claim(run, "10:00", "10:30", conversation=me, expires_at="2027-03-01")
    claim(run, "10:00", "10:30", conversation=me)


@pytest.mark.parametrize("state", ["da_erogare", "erogato", "non_presentato"])
def test_an_appointment_to_come_or_had_is_impossible_without_its_place(run: Run, state: str) -> None:
    with pytest.raises(errors.CheckViolation):
        run(APPOINTMENT, uuid4(), None, "AAA-AA2", state, None)
    place, other = claim(run, "09:00", "09:30"), claim(run, "10:00", "10:30")
    with pytest.raises(errors.CheckViolation):
        run(APPOINTMENT, place, other, "AAA-AA2", state, None)
    run(APPOINTMENT, place, place, "AAA-AA2", state, None)
    with pytest.raises(errors.ForeignKeyViolation):
        run("DELETE FROM agenda_claims WHERE id = %s", place)


@pytest.mark.parametrize("state", ["disdetto_cittadino", "disdetto_operatore"])
def test_a_cancelled_appointment_is_impossible_with_a_place(run: Run, state: str) -> None:
    place = claim(run, "09:00", "09:30")
    with pytest.raises(errors.CheckViolation):
        run(APPOINTMENT, place, place, "AAA-AA2", state, None)
    run(APPOINTMENT, place, None, "AAA-AA2", state, None)


def test_a_moved_appointment_says_where_to(run: Run) -> None:
    with pytest.raises(errors.CheckViolation):
        run(APPOINTMENT, uuid4(), None, "AAA-AA2", "spostato", None)
    with pytest.raises(errors.ForeignKeyViolation):
        run(APPOINTMENT, uuid4(), None, "AAA-AA2", "spostato", uuid4())


def test_codes_to_come_are_unique_and_past_ones_are_not(run: Run) -> None:
    first, second = claim(run, "09:00", "09:30"), claim(run, "10:00", "10:30")
    run(APPOINTMENT, first, first, "AAA-AA2", "da_erogare", None)
    with pytest.raises(errors.UniqueViolation):
        run(APPOINTMENT, second, second, "AAA-AA2", "da_erogare", None)
    run("UPDATE agenda_appointments SET state = 'erogato'")
    run(APPOINTMENT, second, second, "AAA-AA2", "da_erogare", None)


# --- migration --------------------------------------------------------------------------------------------------------


def test_the_agenda_is_added_to_a_database_of_before_and_keeps_what_is_there(empty_database: str) -> None:
    upgrade("0001")
    with psycopg.connect(empty_database) as connection:
        connection.execute("INSERT INTO conversations (id, channel) VALUES (gen_random_uuid(), 'webchat')")
    upgrade()
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM agenda_claims").fetchone() == (0,)


def test_the_migration_makes_the_columns_that_queries_are_written_against(database: str) -> None:
    engine = create_engine(sqlalchemy_url())
    found = inspect(engine)
    for table in metadata.tables.values():
        if table.name.startswith("agenda_"):
            made = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            assert made == {column.name: column.nullable for column in table.columns}, table.name
    engine.dispose()
