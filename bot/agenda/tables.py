"""The tables of the agenda, as queries are written against them; migration 0002 makes them, with their constraints."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Integer,
    Interval,
    LargeBinary,
    Table,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE

from bot.storage.tables import metadata

MOMENT = DateTime(timezone=True)

categories = Table(
    "agenda_categories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
)

services = Table(
    "agenda_services",
    metadata,
    Column("id", Text, primary_key=True),
    Column("category_id", Text, ForeignKey("agenda_categories.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("duration", Interval, nullable=False),
    Column("modes", ARRAY(Text), nullable=False),
    Column("audience", Text, nullable=False),
    Column("min_notice", Interval, nullable=False),
    Column("max_ahead", Interval, nullable=False),
    Column("movable_until", Interval),
    Column("reminders", ARRAY(Interval), nullable=False, server_default="{}"),
    Column("needs_codice_fiscale", Boolean, nullable=False, server_default="false"),
    Column("topics", ARRAY(Text), nullable=False, server_default="{}"),
    Column("blocked", Boolean, nullable=False, server_default="false"),  # for now nobody may book it
    Column("sample", Boolean, nullable=False, server_default="false"),
)

sites = Table(
    "agenda_sites",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("province", Text, nullable=False),
    Column("address", Text),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("sample", Boolean, nullable=False, server_default="false"),
)

desks = Table(
    "agenda_desks",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("site_id", Text, ForeignKey("agenda_sites.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("service_ids", ARRAY(Text)),  # null: every service
    Column("modes", ARRAY(Text), nullable=False),
    Column("active", Boolean, nullable=False, server_default="true"),  # false: it gives no places, for now
    Column("feed_secret_hash", LargeBinary, unique=True),
    Column("sample", Boolean, nullable=False, server_default="false"),
)

hours = Table(
    "agenda_hours",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("desk_id", BigInteger, ForeignKey("agenda_desks.id", ondelete="CASCADE"), nullable=False),
    Column("weekday", Integer, nullable=False),  # Monday is 0
    Column("opens", Time, nullable=False),  # Italian time, as on the door
    Column("closes", Time, nullable=False),
    Column("places", Integer, nullable=False, server_default="1"),  # how many at once: lanes 1 to places
    Column("slot_minutes", Integer, nullable=False),  # a slot can start every so many minutes from opening
    Column("valid_from", Date),
    Column("valid_to", Date),  # included
)

exceptions = Table(
    "agenda_exceptions",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    # of a desk, of a site, or with neither of everything
    Column("site_id", Text, ForeignKey("agenda_sites.id", ondelete="CASCADE")),
    Column("desk_id", BigInteger, ForeignKey("agenda_desks.id", ondelete="CASCADE")),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),  # included
    Column("closed", Boolean, nullable=False),  # false: open besides the weekly hours, also on holidays
    Column("opens", Time),  # without hours: the whole day
    Column("closes", Time),
    Column("places", Integer, nullable=False, server_default="1"),
    Column("slot_minutes", Integer, nullable=False, server_default="30"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("sample", Boolean, nullable=False, server_default="false"),
)

claims = Table(
    "agenda_claims",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("desk_id", BigInteger, ForeignKey("agenda_desks.id"), nullable=False),
    Column("lane", Integer, nullable=False),
    Column("during", TSTZRANGE, nullable=False),
    Column("service_id", Text, ForeignKey("agenda_services.id"), nullable=False),
    Column("mode", Text, nullable=False),
    Column("conversation_id", Uuid),
    Column("expires_at", MOMENT),  # null: an appointment's
    Column("offered", Boolean, nullable=False, server_default="false"),  # held for somebody on the waiting list
    Column("created_at", MOMENT, nullable=False),
)

lapsed_holds = Table(
    "agenda_lapsed_holds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("desk_id", BigInteger, ForeignKey("agenda_desks.id", ondelete="CASCADE"), nullable=False),
    Column("starts", MOMENT, nullable=False),
    Column("ends", MOMENT, nullable=False),
    Column("service_id", Text, ForeignKey("agenda_services.id", ondelete="CASCADE"), nullable=False),
    Column("mode", Text, nullable=False),
    Column("conversation_id", Uuid),
    Column("offered", Boolean, nullable=False),
    Column("created_at", MOMENT, nullable=False),
)

appointments = Table(
    "agenda_appointments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("claim_id", Uuid, ForeignKey("agenda_claims.id"), unique=True),
    Column("code", Text, nullable=False),  # unique among those to come; a moved one leaves its code to the new one
    Column("state", Text, nullable=False),
    Column("service_id", Text, ForeignKey("agenda_services.id"), nullable=False),
    Column("site_id", Text, ForeignKey("agenda_sites.id"), nullable=False),
    Column("desk_id", BigInteger, ForeignKey("agenda_desks.id"), nullable=False),
    Column("mode", Text, nullable=False),
    Column("starts", MOMENT, nullable=False),
    Column("ends", MOMENT, nullable=False),
    Column("conversation_id", Uuid),
    Column("moved_from", Uuid, ForeignKey("agenda_appointments.id")),
    Column("moved_to", Uuid, ForeignKey("agenda_appointments.id")),
    Column("reason", Text),
    Column("attendance_confirmed", Boolean, nullable=False, server_default="false"),
    Column("missed_told", Boolean, nullable=False, server_default="false"),
    Column("by_operator", Boolean, nullable=False, server_default="false"),
    Column("sample", Boolean, nullable=False, server_default="false"),
    Column("citizen", LargeBinary),  # sealed JSON
    Column("surname_fingerprints", ARRAY(LargeBinary), nullable=False, server_default="{}"),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
)

claimed_by = Table(
    "agenda_claimed_by",
    metadata,
    Column("appointment_id", Uuid, ForeignKey("agenda_appointments.id", ondelete="CASCADE"), primary_key=True),
    Column("conversation_id", Uuid, primary_key=True),
    Column("created_at", MOMENT, nullable=False),
)

wrong_codes = Table(
    "agenda_wrong_codes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    Column("tried_at", MOMENT, nullable=False),
)

reminders = Table(
    "agenda_reminders",
    metadata,
    Column("appointment_id", Uuid, ForeignKey("agenda_appointments.id", ondelete="CASCADE"), primary_key=True),
    Column("lead", Interval, primary_key=True),
    Column("due_at", MOMENT, nullable=False),
    Column("sent_at", MOMENT),
)

waiting = Table(
    "agenda_waiting",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("conversation_id", Uuid, nullable=False),
    Column("service_id", Text, ForeignKey("agenda_services.id"), nullable=False),
    Column("wish", JSONB, nullable=False),  # the query, without its moment
    Column("citizen", LargeBinary),  # sealed JSON; forgotten when the wait ends
    Column("created_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),
)

offers = Table(
    "agenda_offers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("waiting_id", Uuid, ForeignKey("agenda_waiting.id", ondelete="CASCADE"), nullable=False),
    Column("hold_id", Uuid, nullable=False, unique=True),
    Column("site_id", Text, ForeignKey("agenda_sites.id"), nullable=False),
    Column("starts", MOMENT, nullable=False),
    Column("expires_at", MOMENT, nullable=False),
    Column("answer", Text),  # null: waiting for it
    Column("created_at", MOMENT, nullable=False),
)

# What a message written first is about, so that it can be said on another channel too.
said = Table(
    "agenda_said",
    metadata,
    Column("message_id", Uuid, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, nullable=False),  # freed_place: of an offer; missed: of an appointment
    Column("about", Uuid, nullable=False),
)

# What operators changed and its citizen is to be told, once.
notices = Table(
    "agenda_notices",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("appointment_id", Uuid, ForeignKey("agenda_appointments.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),  # see bot.agenda.notices
    Column("reason", Text, nullable=False, server_default=""),  # as the citizen reads it
    Column("created_at", MOMENT, nullable=False),
    Column("told_at", MOMENT),
    Column("called_at", MOMENT),  # told by voice, when there was no conversation to write to
    Column("message_id", Uuid),  # the message that says it; gone when its conversation is
)
