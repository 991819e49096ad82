"""Every sentence the doors themselves say, apart from the dialogue. Notes say where each is read."""

from bot.settings import get_settings

# Greeting: first message of every conversation. It must say it is a machine, how to reach a person, and about data.
GREETING = (
    "Ciao, sono Sportello, l'assistente automatico dei Centri per l'impiego del Piemonte. "
    "Sono un programma, non una persona. Chiedimi di servizi, centri e appuntamenti. "
    "Se vuoi parlare con una persona, scrivi «operatore» o chiama il numero verde {freephone}."
)
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
