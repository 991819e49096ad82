"""Every sentence the doors themselves say, apart from the dialogue. Notes say where each is read."""

from bot.settings import get_settings

# Greeting: first message of every conversation. It must say it is a machine, how to reach a person, and about data.
GREETING = (
    "Ciao, sono Sportello, l'assistente automatico dei Centri per l'impiego del Piemonte. "
    "Sono un programma, non una persona. Chiedimi di servizi, centri e appuntamenti. "
    "Se vuoi parlare con una persona, scrivi «operatore» o chiama il numero verde {freephone}."
)
# First message on a channel that is written to: short, since each part of a text message is paid for.
GREETING_SHORT = (
    "Ciao, sono Sportello, l'assistente automatico dei Centri per l'impiego del Piemonte: un programma, non una persona. "
    "Per una persona chiama {freephone}."
)

# STOP and its kin, START and its kin, HELP and its kin.
STOPPED = "Va bene: non ti scrivo più per primo, neanche i promemoria. Per riprendere scrivi INIZIA."
STARTED = "Va bene: ti scrivo di nuovo, anche i promemoria. Dimmi di che cosa hai bisogno."
HELP = (
    "Rispondo su servizi, centri e appuntamenti dei Centri per l'impiego. Scrivi la tua domanda. "
    "Per una persona chiama {freephone}. Per non ricevere messaggi scrivi STOP."
)

# A photograph, a voice message, a document, a sticker.
NO_MEDIA = "So leggere solo le parole scritte. Scrivimi in una frase di che cosa hai bisogno."

# /privacy, with the notice as a link.
PRIVACY = (
    "Uso quello che mi scrivi solo per risponderti e per i tuoi appuntamenti. Qui sotto trovi l'informativa completa."
)
# A telephone number or a contact sent when nobody asked for it.
CONTACT_NOT_ASKED = "Adesso il contatto non mi serve e non lo conservo. Scrivimi in una frase di che cosa hai bisogno."
# A message was corrected after it had been answered.
EDITED = "Ho già risposto al messaggio che hai corretto. Se la risposta cambia, scrivimelo di nuovo."
# Touching a button again, or one of a message that is no longer kept.
ALREADY_CHOSEN = "Hai già scelto. Se vuoi cambiare, scrivimelo."
CHOICE_GONE = "Questa scelta non vale più. Scrivimi che cosa ti serve."
# A sender over the limit, once.
TOO_FAST = "Mi stai scrivendo molto in fretta e non leggo tutto. Aspetta un minuto, poi scrivimi in un solo messaggio."

PRIVACY_TITLE = "Informativa privacy"

# Answer delayed: the dialogue has been away for some seconds.
LATE = "Ho ricevuto il tuo messaggio. La risposta è in arrivo: ci metto un po' più del solito."

# The dialogue failed on this very message; {number} finds the failure for the operators.
FAILED = (
    "Non riesco a rispondere a questo messaggio. Prova a scriverlo in un altro modo. "
    "Se è urgente chiama il numero verde {freephone} e di' il codice {number}."
)


def say(sentence: str, **values: str) -> str:
    """The sentence with the agency's numbers filled in."""
    return sentence.format(freephone=get_settings().freephone, **values)
