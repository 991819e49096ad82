"""What becomes of made-up appointments: moved, cancelled, reminded of, had or missed."""

from datetime import timedelta

from bot.agenda.model import Appointment, Service
from bot.agenda.words import MODES, REASONS, moment_words
from bot.answers import appointments as words
from bot.answers.reminders import missed, reminder
from bot.booking import questions
from bot.clock import ROME
from bot.conversations.model import Button, Reply
from bot.dialogue.payloads import make_payload
from console.demo.booked import Booked, appointment_of, good_news, in_words, keep
from console.demo.talk import Talk
from console.demo.wording import data, write

FORM = "appointment_form"


def later(talk: Talk, service: Service, booked: Booked) -> None:
    """Moved, cancelled, or kept: reminded of, then had or missed."""
    what = talk.chance.random()
    last = booked.starts - timedelta(hours=25)
    if what < 0.3 and last > talk.now + timedelta(hours=1):
        talk.now += (last - talk.now) * talk.chance.uniform(0.1, 0.9)
        if not talk.is_over and what < 0.15:
            booked = _moves(talk, service, booked)
        elif not talk.is_over:
            _cancels(talk, service, booked)
            return
    _keeps(talk, service, booked)


def _moves(talk: Talk, service: Service, booked: Booked) -> Booked:
    slot = booked.place.slot
    said = write(talk.chance.choice(data("small_talk")["reschedule_appointment"]), talk.chance, talk.person.style)
    talk.asks(said, "reschedule_appointment", FORM, near=("cancel_appointment", "faq/spostare-disdire"))
    talk.bot(questions.ask_when(words.ASK_NEW_WHEN.format(appointment=in_words(talk, service, booked))))
    talk.asks(write(talk.chance.choice(data("small_talk")["when"]), talk.chance, talk.person.style), "inform", FORM)
    first = booked.starts.astimezone(ROME).date() + timedelta(days=1)
    found = talk.world.places.take(
        talk.chance, site_id=slot.site_id, service=service, mode=slot.mode, first=first, last=first + timedelta(days=14)
    )
    if found is None:
        talk.bot(Reply(text="Come chiedi non c'è posto.", buttons=(questions.OTHERS, questions.STOP)))
        return booked
    site = talk.world.sites[slot.site_id]
    new = moment_words(found.slot.starts, today=talk.today)
    old = moment_words(booked.starts, today=talk.today)
    confirm = questions.choose("Confermo", confirm="yes")
    others = (questions.choose("Un altro giorno", change="when"), questions.choose("Lascia com'è", stop="yes"))
    asked = f"Sposto da {old} a {new}, {MODES[slot.mode]}, {site.title}. Confermi?"
    talk.bot(Reply(text=asked, buttons=(confirm, *others)))
    talk.presses(confirm, FORM)
    moved = Booked(
        appointment=appointment_of(talk, found, code=booked.appointment.code), place=found, citizen=booked.citizen
    )
    talk.world.places.give_back(booked.place)
    keep(talk, booked, "spostato", moved_to=moved)
    talk.bot(good_news(talk, service, moved, moved=True))
    moved.appointment = Appointment(**{**moved.appointment.__dict__, "moved_from": booked.appointment.id})
    return moved


def _cancels(talk: Talk, service: Service, booked: Booked) -> None:
    said = write(talk.chance.choice(data("small_talk")["cancel_appointment"]), talk.chance, talk.person.style)
    talk.asks(said, "cancel_appointment", FORM, near=("reschedule_appointment", "faq/spostare-disdire"))
    told = in_words(talk, service, booked)
    asked = questions.ask_reason(told)
    talk.bot(asked)
    reasons = tuple(REASONS)
    which = talk.chance.randrange(len(reasons))
    talk.presses(asked.buttons[which], FORM)
    asked = questions.ask_cancel(told)
    talk.bot(asked)
    talk.presses(asked.buttons[0], FORM)
    talk.world.places.give_back(booked.place)
    again = Button(title="Prenota di nuovo", payload=make_payload("book_appointment"))
    talk.bot(Reply(text=f"Fatto, ho disdetto: {told}. Se ti serve, ne prendiamo un altro.", buttons=(again,)))
    by_desk = talk.chance.random() < 0.15
    keep(talk, booked, "disdetto_operatore" if by_desk else "disdetto_cittadino", reason=reasons[which])


def _keeps(talk: Talk, service: Service, booked: Booked) -> None:
    """A reminder on channels that are written to; after it, how it ended."""
    world, starts = talk.world, booked.starts
    site = world.sites[booked.place.slot.site_id]
    remind_at = starts - timedelta(hours=48)
    if talk.channel != "webchat" and talk.now < remind_at < world.end:
        talk.now = remind_at
        until = starts - service.movable_until if service.movable_until is not None else None
        short = talk.channel == "sms"
        told = reminder(booked.appointment, service, site, until=until, now=talk.now, short=short)
        talk.bot(told, wait=0, answers=False)
        if talk.chance.random() < 0.6:
            talk.passes(300, 9000)
            if not talk.is_over:
                talk.presses(told.buttons[0], "action_appointments")
                talk.bot(Reply(text=words.ATTENDANCE.format(appointment=in_words(talk, service, booked))))
                booked.confirmed = True
    if booked.place.slot.ends > world.end:
        keep(talk, booked, "da_erogare")
        return
    came = talk.chance.random() < (0.96 if booked.confirmed else 0.84)
    at = booked.place.slot.ends + timedelta(hours=3)
    if not came and talk.channel != "webchat" and at < world.end:
        talk.now = max(talk.now, at)
        told = missed(booked.appointment, service, site, now=talk.now, short=talk.channel == "sms")
        talk.bot(told, wait=0, answers=False)
    keep(talk, booked, "erogato" if came else "non_presentato")
