"""Every fixed sentence of the dialogue, in one place. Notes say when each is said.

`{freephone}` is filled in by `say`. Tested: Gulpease at least 60, no emoji, no two exclamation marks.
"""

from bot.settings import get_settings

# One entry an intent that is answered with fixed words.
BY_INTENT: dict[str, str] = {
    "greet": (
        "Ciao. Sono Sportello, l'assistente automatico dei Centri per l'impiego del Piemonte. "
        "Dimmi con parole tue di che cosa hai bisogno."
    ),
    "goodbye": "Ciao, buona giornata. Quando vuoi, scrivimi di nuovo.",
    "affirm": "Bene. Dimmi pure di che cosa hai bisogno.",
    "deny": "Va bene. Se ti serve altro, scrivimi.",
    "thanks": "Prego. Se ti serve altro, sono qui.",
    "bot_challenge": (
        "Sono un programma, non una persona. Mi chiamo Sportello e rispondo da solo a chi scrive ai Centri per l'impiego. "
        "Posso sbagliare. Se preferisci una persona, scegli qui sotto o chiama il numero verde {freephone}."
    ),
    "ask_help": (
        "Posso dirti come iscriverti, quali aiuti ci sono, quale centro è vicino a te e come prenotare. "
        "Scrivimi il tuo problema come lo diresti a voce. Oppure scegli da qui."
    ),
    "complaint": (
        "Mi dispiace, capisco che sia pesante. Racconta il problema a una persona: scegli qui sotto o chiama il numero "
        "verde {freephone}. Se invece ho risposto male io, scrivimi la domanda con altre parole."
    ),
    "feedback_positive": "Grazie, mi fa piacere. Se ti serve altro, sono qui.",
    "insult": (
        "Capisco che tu sia arrabbiato o stanco. Io resto qui per aiutarti. "
        "Se vuoi parlare con una persona, scegli qui sotto o chiama il numero verde {freephone}."
    ),
    # True on the web chat: it only ever answers. Channels that write first honour this themselves.
    "stop_messages": "Va bene. Qui ti scrivo solo quando scrivi tu. Se chiudi la chat non ricevi altri messaggi.",
    # Asked in the same message as something else: the request itself has actions of its own.
    "delete_my_data": "Se vuoi che cancelli i tuoi dati, scrivi solo «cancella i miei dati».",
    "talk_to_operator": "Se vuoi una persona, scrivi «operatore» o chiama il numero verde {freephone}.",
    "inform": "Grazie. Dimmi anche che cosa ti serve, così ti do la risposta giusta.",
}

# Danger: first the numbers, then a person. No question, no form. The numbers are those of knowledge/data/helplines.yml.
DANGER = (
    "Se tu o qualcuno siete in pericolo adesso, chiama subito il 112. È gratuito e risponde sempre. "
    "Se subisci violenza, chiama il 1522: è gratuito, attivo giorno e notte. "
    "Se stai male e pensi di farti del male, c'è chi ti ascolta: Telefono Amico, 02 2327 2327, dalle 10 alle 24. "
    "Per parlare con una persona del nostro servizio c'è il numero verde {freephone}. "
    "Sono un programma: non posso aiutarti da solo, ma una persona sì."
)

# Not understood, first time: with up to three topics as buttons, or without when nothing is likely.
DID_YOU_MEAN = "Non sono sicuro di aver capito. Forse cercavi una di queste cose?"
SAY_IT_DIFFERENTLY = "Non ho capito. Prova a dirlo con altre parole, con una frase breve."
# Not understood, second time running.
OFFER_PERSON = (
    "Mi dispiace, non riesco a capire. Vuoi che ti passi a una persona? "
    "Puoi anche chiamare il numero verde {freephone}, o scegliere da qui."
)
# Somebody else's matter.
OUT_OF_SCOPE = (
    "Di questo non mi occupo: rispondo solo sui Centri per l'impiego del Piemonte. "
    "Se invece la domanda riguarda il lavoro, scrivila con altre parole."
)
# Nothing said yet, and asked to repeat.
NOTHING_TO_REPEAT = "Non ho ancora detto niente. Dimmi pure di che cosa hai bisogno."
START_OVER = "Va bene, ricominciamo. Dimmi di che cosa hai bisogno."
# Before the answer about an aspect, when the topic is taken from what was said before.
ABOUT = "Parliamo di «{title}»."
# An aspect asked without a topic.
WHICH_TOPIC = "Di che cosa vuoi saperlo? Scrivimi il servizio, per esempio «documenti per la DID»."

# Appointments, until they can be booked here.
APPOINTMENT = {
    "book_appointment": "appuntamenti",
    "list_appointments": "appuntamenti",
    "cancel_appointment": "spostare-disdire",
    "reschedule_appointment": "spostare-disdire",
}

# The languages of people who often write: that we answer in Italian, and how to reach a person. Read by native writers.
LANGUAGES: dict[str, str] = {
    "en": (
        "I am an automatic assistant and I can only answer in Italian. To speak with a person, call the free number "
        "{freephone}. You can also write to me in simple Italian: short words are fine."
    ),
    "fr": (
        "Je suis un assistant automatique et je réponds seulement en italien. Pour parler avec une personne, appelez le "
        "numéro gratuit {freephone}. Vous pouvez aussi m'écrire en italien simple."
    ),
    "es": (
        "Soy un asistente automático y solo respondo en italiano. Para hablar con una persona, llama al número gratuito "
        "{freephone}. También puedes escribirme en italiano sencillo."
    ),
    "ro": (
        "Sunt un asistent automat și răspund doar în italiană. Pentru a vorbi cu o persoană, sunați la numărul gratuit "
        "{freephone}. Îmi puteți scrie și în italiană simplă."
    ),
    "ar": (
        "أنا مساعد آلي وأجيب باللغة الإيطالية فقط. للتحدث مع شخص، اتصل بالرقم المجاني {freephone}. "
        "يمكنك أيضًا أن تكتب لي بإيطالية بسيطة."
    ),
    "sq": (
        "Jam një asistent automatik dhe përgjigjem vetëm në italisht. Për të folur me një person, telefononi numrin falas "
        "{freephone}. Mund të më shkruani edhe me italishte të thjeshtë."
    ),
}
ITALIAN_ONLY = (
    "Rispondo solo in italiano, con parole semplici. Per parlare con una persona chiama il numero verde {freephone}. "
    "Scrivi pure frasi corte: va bene anche con errori."
)


def say(sentence: str, **values: str) -> str:
    """The sentence with the agency's freephone number and the other values filled in."""
    return sentence.format(freephone=get_settings().freephone, **values)
