"""What the assistant says about appointments: questions, proposals, summaries, outcomes. Days and hours always in words.

`‹nome›` and `‹contatto›` stand for what the citizen wrote; they are filled in when the message is shown, never before.
"""

from collections.abc import Sequence
from datetime import date, datetime

from bot.agenda.model import Appointment, Mode, Service, Site, is_sample
from bot.agenda.words import MODES, moment_words
from bot.answers.sentences import say
from bot.clock import ROME
from bot.nlu.when.spoken import day_in_words, hour_in_words

MODE_TITLES: dict[Mode, str] = {"video": "Videochiamata", "phone": "Telefono", "in_person": "Di persona"}

ASK_SERVICE = "Per che cosa ti serve l'appuntamento? Scegli qui sotto o scrivilo con parole tue."
NEAR_HOME = "Mi hai detto {place}: cerco lì vicino."
ASK_WHERE = "In quale comune abiti? Cerco il centro giusto per te."
PLACE_UNKNOWN = "Non trovo questo comune. Scrivimi solo il nome, per esempio «Pinerolo»."
ASK_MODE = "Come preferisci fare l'appuntamento?"
ASK_WHEN = "Quando ti va bene? Puoi scrivere per esempio «giovedì mattina», «il 12» o «il prima possibile»."
WHEN_UNKNOWN = "Non ho capito il giorno. Scrivilo per esempio così: «martedì», «il 12 marzo», «domani pomeriggio»."
WHICH_PLACE = "Quale comune dici?"
WHICH_SLOT = "Quale preferisci? Scegli un giorno e un'ora di questi."
WHICH_WHEN = "Vuoi dire {options}?"
ASK_NAME = "A che nome prenoto? Scrivi nome e cognome."
NAME_UNCLEAR = "Scrivi solo nome e cognome, con le lettere. Per esempio: Anna De Rossi."
ASK_CONTACT = "Come ti possiamo avvisare? Scrivi un numero di telefono o un'e-mail."
ASK_PHONE = "A che numero ti chiamiamo? Scrivi il telefono."
CONTACT_UNCLEAR = "Non mi sembra un telefono o un'e-mail. Riprova, per esempio: 333 123 4567."
PHONE_UNCLEAR = "Per questo appuntamento serve un numero di telefono. Riprova, per esempio: 333 123 4567."
ASK_TAX_CODE = "Per questo servizio serve il codice fiscale. Scrivilo qui: lo conservo cifrato."
TAX_CODE_UNCLEAR = "Questo codice fiscale non torna. Controlla le 16 lettere e cifre e riscrivilo."
ASK_CONSENT = (
    "Uso nome e contatto solo per questo appuntamento. Per prenotare devi avere almeno 15 anni e vivere in Piemonte. "
    "Se hai meno di 18 anni, devi aver finito gli anni di scuola obbligatoria. Accetti?"
)
CONSENT_REFUSED = (
    "Va bene, non prenoto e cancello nome e contatto. "
    "Se cambi idea scrivimi. Puoi anche chiamare il numero verde {freephone}."
)
UNDER_15 = (
    "Prima dei 15 anni non si può prenotare: i servizi per il lavoro partono da quell'età. "
    "Un genitore può chiamare il numero verde {freephone} e chiedere consiglio."
)
WHAT_TO_CHANGE = "Che cosa vuoi cambiare?"
STOPPED = "Va bene, mi fermo qui e non prenoto niente. Quando vuoi ricominciare scrivi «riprendi»."
STOPPED_CHANGE = "Va bene, non cambio niente: il tuo appuntamento resta com'è."
RESUMED = "Riprendiamo da dove eravamo."
FIRST_STEP = "Siamo già al primo passo."
MISSED_ONCE = "Non ho capito bene."
MISSED_TWICE = (
    "Scusa, non ci capiamo. Puoi chiamare il numero verde {freephone} e prenotare con una persona. "
    "Oppure riprova con una frase breve."
)
TAKEN = "Quel posto è stato preso proprio adesso. Posso proporti questi:"
UNAVAILABLE = (
    "In questo momento l'agenda non risponde. Non ho cambiato niente: quello che hai già prenotato vale. "
    "Riprova tra qualche minuto o chiama il numero verde {freephone}."
)
OUTCOME_UNKNOWN = (
    "In questo momento l'agenda non risponde e non so se ho finito. Tra qualche minuto scrivi «i miei appuntamenti» "
    "e vediamo. Puoi anche chiamare il numero verde {freephone}."
)
ALREADY_BOOKED = "Hai già un appuntamento per questo servizio: {appointment}. Se vuoi, lo sposto o lo disdico."
OVERLAPS = "A quell'ora hai già un altro appuntamento: {appointment}. Scegli un'altra ora."
NO_APPOINTMENTS = (
    "In questa chat non vedo appuntamenti. Se ne hai preso uno altrove, scrivimi il codice: tre caratteri, "
    "un trattino, tre caratteri. Per esempio A7K-3F9."
)
ASK_SURNAME = "Scrivimi anche il cognome con cui hai prenotato."
WRONG_CODE = "Codice e cognome non corrispondono. Controllali e riscrivi il codice."
LOCKED = "Troppe prove sbagliate. Riprova dopo le {hour}, o chiama il numero verde {freephone}."
WHICH_APPOINTMENT = "Quale appuntamento?"
ASK_REASON = "Disdico {appointment}. Mi dici perché? Puoi anche non dirlo: scegli «Altro motivo»."
CONFIRM_CANCEL = "Confermi che vuoi disdire {appointment}?"
KEPT = "Va bene, resta com'è: {appointment}."
ASK_NEW_WHEN = "Ora hai {appointment}. Quando vuoi venire invece?"
NOT_MOVABLE = (
    "{appointment}: non si può più cambiare da qui. Si poteva fino a {until}. Chiama il numero verde {freephone}."
)
NEVER_MOVABLE = "{appointment}: da qui non si può cambiare. Chiama il numero verde {freephone}."
NOT_COMING = "Questo appuntamento non è più da fare: è stato spostato, disdetto o è già passato."
ATTENDANCE = "Grazie, ti aspettiamo: {appointment}."
ON_LIST = (
    "Fatto: sei in lista d'attesa per {service}, {places}. Se si libera un posto ti scrivo qui. "
    "Per uscire dalla lista scrivi «esci dalla lista»."
)
OFF_LIST = "Fatto, non sei più in lista d'attesa."
NOT_ON_LIST = "Non sei in lista d'attesa, quindi non ho tolto niente."
OTHER_WAYS = "Se nessuno va bene, scrivimi un giorno. Oppure guardo altri centri o ti metto in lista d'attesa."
WRITE_AGAIN = "Va bene, lo cambiamo."
OFFER_DECLINED = "Va bene, lo propongo ad altri. Tu resti in lista d'attesa."
OFFER_GONE = "Mi dispiace, quel posto non c'è più. Resti in lista d'attesa."
SAMPLE = "È un calendario di prova: l'appuntamento non è vero."
LASTS = "Dura circa {minutes} minuti."
FREE = "L'appuntamento è gratuito."
LATER = "Sì. Dopo la prenotazione scrivi «sposta» o «disdici»: si può fino a {until} prima."
NOT_LATER = "Dopo la prenotazione non si cambia da qui: si chiama il numero verde."
NOWHERE_TO_GO = "Non devi andare da nessuna parte: si fa a distanza."
WHY_PRIVATE = (
    "Nome e contatto servono al centro per sapere chi viene e per avvisarti se cambia qualcosa. "
    "Li uso solo per questo appuntamento."
)
NO_HURRY = "Fai con calma, ti aspetto."
NO_CODE = (
    "Senza codice non riesco a trovarlo. Il codice è nel messaggio di conferma e nei promemoria. "
    "Se non lo trovi, chiama il numero verde {freephone}."
)


def capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def button_time(starts: datetime) -> str:
    """A short title for a proposal: "gio 5 mar, 9:30"."""
    local = starts.astimezone(ROME)
    days = ("lun", "mar", "mer", "gio", "ven", "sab", "dom")
    months = ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic")
    return f"{days[local.weekday()]} {local.day} {months[local.month - 1]}, {local.hour}:{local.minute:02}"


def deadline(until: datetime, *, today: date) -> str:
    """Until when something can be done: "le 9:30 di mercoledì 4 marzo"."""
    local = until.astimezone(ROME)
    return f"{hour_in_words(local.timetz().replace(tzinfo=None))} di {day_in_words(local.date(), today)}"


def place_of(site: Site, mode: Mode) -> str:
    """Where to be: the address when one goes there, else how the centre will be in touch."""
    if mode == "in_person":
        return f"{site.title}, {site.address}" if site.address else f"{site.title} (chiedi l'indirizzo al numero verde)"
    return site.title


def appointment_in_words(appointment: Appointment, service: Service, site: Site, *, today: date) -> str:
    """One appointment on one line: "Curriculum, giovedì 5 marzo alle 9:30, in videochiamata, Cpi di Pinerolo"."""
    slot = appointment.slot
    return f"{service.title}, {moment_words(slot.starts, today=today)}, {MODES[slot.mode]}, {site.title}"


def summary(service: Service, site: Site, mode: Mode, starts: datetime, *, today: date, sample: bool) -> str:
    """What is about to be booked, for the last yes."""
    lines = [
        "Riassumo.",
        f"Servizio: {service.title}.",
        f"Quando: {moment_words(starts, today=today)}, circa {int(service.duration.total_seconds() // 60)} minuti.",
        f"Come: {MODES[mode]}.",
        f"Dove: {place_of(site, mode)}." if mode == "in_person" else f"Con: {site.title}.",
        "Nome: ‹nome›. Contatto: ‹contatto›.",
    ]
    if sample:
        lines.append(SAMPLE)
    return "\n".join([*lines, "Confermi?"])


def booked(
    appointment: Appointment, service: Service, site: Site, *, until: datetime | None, today: date, moved: bool = False
) -> str:
    """The good news, with the code, what will happen, and how to change it."""
    slot = appointment.slot
    done = "Spostato" if moved else "Prenotato"
    lines = [f"{done}: {moment_words(slot.starts, today=today)}, {service.title}. Il tuo codice è {appointment.code}."]
    if slot.mode == "video":
        lines.append("Il giorno stesso apri il link qui sotto: si entra da 10 minuti prima.")
    elif slot.mode == "phone":
        lines.append(f"Ti chiama {site.title}.")
    else:
        lines.append(f"Vieni qui: {place_of(site, slot.mode)}.")
    if until:
        lines.append(
            f"Se non puoi, scrivimi «sposta» o «disdici», oppure usa il link. Puoi farlo fino alle {_hour_day(until, today)}."
        )
    else:
        lines.append(say("Per cambiarlo chiama il numero verde {freephone}."))
    if is_sample(appointment, service, site):
        lines.append(SAMPLE)
    return "\n".join(lines)


def _hour_day(until: datetime, today: date) -> str:
    return deadline(until, today=today).removeprefix("le ").removeprefix("l'")


def listed(items: Sequence[str]) -> str:
    """Several appointments, one a line."""
    if len(items) == 1:
        return f"Hai un appuntamento: {items[0]}."
    return "I tuoi appuntamenti:\n" + "\n".join(f"{number}. {item}." for number, item in enumerate(items, start=1))
