"""What is said about reaching a person, being called back, and erasing one's data. Notes say when each is said.

Tested: Gulpease at least 60, no emoji. Names of operators are put in by `format`, the freephone number by `say`.
"""

from datetime import datetime

from bot.agenda.words import moment_words, near_moment_words
from bot.answers.sentences import say
from bot.clock import ROME
from bot.conversations.model import QUESTION, Button, Reply
from bot.conversations.office import Office
from bot.dialogue.payloads import make_payload

# Asked for a person while the desk is open.
QUEUED = (
    "Ti passo a una persona: di solito risponde entro {minutes} minuti. {position} "
    "Intanto scrivi qui che cosa ti serve: chi ti risponde lo leggerà."
)
# Asked again while waiting.
STILL_QUEUED = "Sei già in attesa di una persona. {position} Appena qualcuno è libero ti scrive qui."
POSITIONS = {1: "Davanti a te non c'è nessuno.", 2: "Davanti a te c'è una persona."}
POSITION = "Davanti a te ci sono {ahead} persone."
# The desk is closed.
CLOSED = (
    "Adesso non c'è nessuno. Le persone rispondono {hours}. Si riapre {opening}. "
    "Puoi chiamare il numero verde {freephone}. Oppure scegli qui sotto."
)
# Nobody took the request in time, or the desk closed meanwhile.
NOBODY = (
    "Mi dispiace, adesso nessuno riesce a risponderti. Non ti faccio aspettare oltre. "
    "Se vuoi lascia una domanda: ti rispondiamo per iscritto. Oppure ti richiamiamo noi, o prenoti un appuntamento."
)
CLOSING = (
    "Mi dispiace, gli uffici chiudono adesso e nessuno ti ha potuto rispondere. "
    "Se vuoi lascia una domanda: ti rispondiamo per iscritto. Oppure ti richiamiamo noi, o prenoti un appuntamento."
)
NO_LONGER_WAITING = "Va bene, non aspetti più. Ti rispondo io, che sono un programma. Dimmi che cosa ti serve."
NOT_WAITING = "Non stai aspettando nessuno. Dimmi pure che cosa ti serve."
# Written while waiting and not understood: it is for the person.
KEPT_FOR_PERSON = "Ho tenuto il tuo messaggio: lo leggerà la persona che ti risponde."
# Somebody has the conversation; passed on; given back.
TAKEN = "Ora ti scrive {name}, una persona del Centro per l'impiego. Io mi fermo qui."
TRANSFERRED = "{before} ti passa a {name}, un'altra persona del Centro per l'impiego."
BACK = "{name} ha chiuso la conversazione. Da adesso ti risponde di nuovo l'assistente automatico."
LEFT_ALONE = (
    "Mi dispiace, {name} non riesce più a risponderti. Da adesso ti risponde di nuovo l'assistente automatico. "
    "Se vuoi ti richiamiamo noi."
)
# A question left for a person: asked for, kept, added to, not needed any more, late, answered.
ASK_QUESTION = "Scrivimi qui la domanda, in un solo messaggio. Ti risponde una persona entro {due}."
QUESTION_LEFT = "Fatto, ho tenuto la tua domanda. Una persona ti risponde qui entro {due}."
QUESTION_ADDED = "Ho aggiunto il messaggio alla domanda che hai lasciato. Ti risponde una persona entro {due}."
COME_BACK = "Per leggere la risposta torna in questa chat, dallo stesso telefono o computer."
NO_QUESTION = "Va bene, non aspetto più una risposta per te. Dimmi pure che cosa ti serve."
ANSWER_LATE = (
    "Mi dispiace, alla domanda che hai lasciato {asked} non abbiamo ancora risposto. Non l'abbiamo persa. "
    "Se hai fretta chiama il numero verde {freephone}."
)
ANSWER_LEAD = "Rispondo alla domanda che hai lasciato {asked}."
# The desk cannot be reached at all.
UNREACHABLE = "Adesso non riesco a passarti a una persona. Chiama il numero verde {freephone}: è gratuito."

# A call back: the number is asked for, understood, or not.
ASK_PHONE = "Scrivimi il numero di telefono a cui ti chiamiamo."
PHONE_UNCLEAR = "Non riesco a leggere il numero. Scrivi solo le cifre, per esempio 333 123 4567."
CALL_TODAY = "Fatto. Ti chiamiamo noi oggi. Se oggi non riusciamo, ti chiamiamo {opening}."
CALL_LATER = "Fatto. Ti chiamiamo noi {opening}, o più tardi quel giorno."
NO_CALL_BACK = "Va bene, non ti chiamiamo e cancello il numero."
NO_CALL_BACK_KNOWN = "Non c'è nessuna chiamata da fare. Dimmi pure che cosa ti serve."

# Erasing everything: the question, what it means, yes and no.
ERASE_QUESTION = (
    "Posso cancellare tutto quello che so di te: i messaggi, i contatti e i dati dei tuoi appuntamenti. "
    "Non si torna indietro. {appointments}Vuoi cancellare tutto?"
)
ERASE_ONE = "Hai un appuntamento da fare ({appointment}): lo disdico. "
ERASE_MANY = "Hai {count} appuntamenti da fare: li disdico tutti. "
ERASED = (
    "Fatto: sto cancellando tutto. Il numero della ricevuta è {number}. Se vuoi la prova, scrivilo su un foglio. "
    "Tra poco questa chat si chiude e non resta niente."
)
NOT_ERASED = "Va bene, non cancello niente."
ERASE_HELD = (
    "Una parte di questa chat va conservata ancora per legge, quindi non la posso cancellare. "
    "Per sapere perché chiama il numero verde {freephone}."
)
ERASE_UNREACHABLE = "Adesso non riesco a cancellare. Riprova tra poco o chiama il numero verde {freephone}."

CALL_ME = Button(title="Fatti richiamare", payload=make_payload("call_back"))
BOOK = Button(title="Prenota un appuntamento", payload=make_payload("book_appointment"))
STOP_WAITING = Button(title="Non aspetto più", payload=make_payload("talk_to_operator", stop="yes"))
THIS_NUMBER = Button(title="A questo numero", payload=make_payload("call_back", given="this"))
NO_CALL = Button(title="Non chiamatemi", payload=make_payload("call_back", stop="yes"))
LEAVE_QUESTION = Button(title="Lascia una domanda", payload=make_payload("talk_to_operator", given="leave"))
NO_ANSWER = Button(title="Non serve più", payload=make_payload("talk_to_operator", stop="yes"))
INSTEAD = (LEAVE_QUESTION, CALL_ME, BOOK)
ERASE_YES = Button(title="Sì, cancella tutto", payload=make_payload("delete_my_data", confirm="yes"))
ERASE_NO = Button(title="No, non cancellare", payload=make_payload("delete_my_data", confirm="no"))


def queued(position: int, minutes: int, *, again: bool) -> Reply:
    """You are in the queue; `position` 1 is next."""
    where = POSITIONS.get(position) or POSITION.format(ahead=position - 1)
    text = STILL_QUEUED.format(position=where) if again else QUEUED.format(minutes=minutes, position=where)
    return Reply(text=text, buttons=(STOP_WAITING,))


def closed(office: Office, now: datetime) -> Reply:
    """Nobody is there now: when somebody will be, and what to do instead."""
    opening = opening_in_words(office, now)
    return Reply(text=say(CLOSED, hours=office.in_words(), opening=opening), buttons=INSTEAD)


def opening_in_words(office: Office, now: datetime) -> str:
    """`domani, martedì 3 marzo, alle 9`."""
    return near_moment_words(office.next_opening(now), today=now.astimezone(ROME).date())


def ask_question(due_at: datetime, now: datetime) -> Reply:
    """Write the question, and by when it is answered."""
    return Reply(text=ASK_QUESTION.format(due=by_words(due_at, now)), expects=QUESTION)


def question_left(due_at: datetime, now: datetime, *, again: bool, comes_back: bool) -> Reply:
    """The question is kept until then. `comes_back`: the answer is read only by who opens the chat again."""
    text = (QUESTION_ADDED if again else QUESTION_LEFT).format(due=by_words(due_at, now))
    return Reply(text=f"{text} {COME_BACK}" if comes_back else text, buttons=(NO_ANSWER,))


def answer_late(asked_at: datetime) -> Reply:
    """The answer to a question left takes longer than was said."""
    return Reply(text=say(ANSWER_LATE, asked=asked_words(asked_at)), buttons=(NO_ANSWER,))


def asked_words(asked_at: datetime) -> str:
    """`lunedì 2 marzo alle 20`, of a moment that was lately."""
    return moment_words(asked_at, today=asked_at.astimezone(ROME).date())


def by_words(moment: datetime, now: datetime) -> str:
    """`oggi, martedì 3 marzo, alle 13`; what is past already is now."""
    return near_moment_words(max(moment, now), today=now.astimezone(ROME).date())


def ask_phone(*, knows_number: bool) -> Reply:
    """Which number to call; one who writes from a telephone may mean that one."""
    return Reply(text=ASK_PHONE, buttons=(THIS_NUMBER,) if knows_number else (), expects="phone")


def call_promised(office: Office, now: datetime) -> Reply:
    """When the call will come, without more precision than there is."""
    text = CALL_TODAY if office.is_open(now) else CALL_LATER
    return Reply(text=text.format(opening=opening_in_words(office, now)), buttons=(NO_CALL,))
