"""What each figure means, once: the page "Come si conta" and the lines under the figures say these words.

Whoever changes how something is counted changes it here, in the query, and in the direct count of its test.
"""

from dataclasses import dataclass

from bot.figures.model import FEW


@dataclass(frozen=True)
class Definition:
    """A word of the figures and how it is counted, in plain Italian."""

    key: str
    word: str
    text: str


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "giorni",
        "Giorni e ore",
        "I giorni vanno da mezzanotte a mezzanotte, con l'ora italiana. Quando cambia l'ora, quel giorno dura 23 o 25 ore e "
        "conta come gli altri. Il periodo comprende il primo e l'ultimo giorno. Il confronto è con lo stesso numero di "
        "giorni, subito prima.",
    ),
    Definition(
        "conversazioni",
        "Conversazione",
        "Tutto quello che una persona scrive in un giorno su un canale. Chi torna il giorno dopo apre una conversazione "
        "nuova, anche se nella lista ne vedi una sola. Se scrive solo l'assistente, per esempio un promemoria, non conta.",
    ),
    Definition(
        "persone",
        "Persona",
        "Chi ha scritto almeno una volta nel periodo, contato una volta sola. Su Telegram, WhatsApp e SMS è un numero o un "
        "profilo. Sulla web chat è un browser: chi cambia telefono, o torna dopo la scadenza, conta di nuovo.",
    ),
    Definition(
        "messaggi", "Messaggio", "Ogni testo o pulsante inviato. Gli avvisi dell'assistente contano fra i suoi."
    ),
    Definition(
        "esiti",
        "Com'è andata",
        "Ogni conversazione sta in una voce sola. «Con una persona»: qualcuno ha chiesto una persona o una chiamata, anche a "
        "sportello chiuso, oppure un operatore ha scritto. «Non capita»: l'ultimo messaggio letto non è stato capito. "
        "«Conclusa senza una persona»: tutte le altre. Non vuol dire che il problema sia risolto: guarda anche i voti.",
    ),
    Definition(
        "argomenti",
        "Argomento",
        "Le conversazioni in cui l'assistente ha capito quell'argomento almeno una volta. Saluti e sì o no non contano. Una "
        "conversazione può avere più argomenti, quindi la somma supera il totale.",
    ),
    Definition(
        "non-capiti",
        "Non capito",
        "Un messaggio che l'assistente non ha saputo interpretare, sul totale dei messaggi che ha letto. «Fuori tema» è a "
        "parte: l'ha capito, ma non riguarda i Centri per l'impiego.",
    ),
    Definition(
        "appuntamenti",
        "Appuntamenti",
        "Presi, spostati e disdetti contano nel giorno in cui è successo. Fatti e mancati contano nel giorno "
        "dell'appuntamento. Chi sposta conta come spostato e non come preso di nuovo. La quota dei mancati è sui fatti più i "
        "mancati. Le persone inventate del calendario di esempio non contano.",
    ),
    Definition(
        "attese",
        "Attese",
        "Da quando si chiede una persona a quando un operatore prende la conversazione. La mediana è il valore di mezzo: metà "
        "ha aspettato meno. «Prese in tempo»: quelle prese entro i minuti previsti, su tutte quelle arrivate, tranne chi ha "
        "rinunciato e chi sta ancora aspettando. La durata va dalla presa in carico alla chiusura.",
    ),
    Definition(
        "domande",
        "Domande lasciate",
        "Le domande lasciate nel periodo. Sono in ritardo quelle con la risposta data, o ancora da dare, dopo l'ora promessa.",
    ),
    Definition(
        "voti",
        "Voti",
        "L'ultimo giudizio di ogni cittadino, utile o non utile, nel giorno in cui l'ha dato o cambiato.",
    ),
    Definition(
        "sms",
        "SMS",
        "Un messaggio lungo parte in più SMS, e ogni SMS si paga a segmenti. Contano quelli che il fornitore ha preso in "
        "carico. Il costo c'è solo se nella configurazione è scritto il prezzo di un segmento.",
    ),
    Definition(
        "centri",
        "Centro",
        "Di una conversazione: quello scelto da un operatore, o dell'appuntamento, o quello del comune di cui si è parlato. "
        "Se non si sa, sta sotto «senza centro». Di un appuntamento: la sede.",
    ),
    Definition(
        "domanda",
        "Domanda non soddisfatta",
        "Quello che l'assistente ha dovuto dire di non avere: un posto nel periodo chiesto, una risposta, gli orari di un "
        "centro. La stessa cosa detta due volte nello stesso giorno alla stessa persona conta una volta.",
    ),
    Definition(
        "pochi",
        f"«Meno di {FEW}»",
        f"Quando guardi un centro, i numeri che dicono di che cosa si è parlato o com'è finita si mostrano solo da {FEW} "
        "persone in su: sotto si potrebbe capire di chi si parla, e questi fogli girano. Quando dal totale si ricaverebbe il "
        "numero nascosto, non si mostra nemmeno quello accanto. Zero si mostra. I volumi, cioè quanti scrivono e quando, si "
        "mostrano sempre. È una prudenza, non un'anonimizzazione.",
    ),
    Definition(
        "conservazione",
        "Che cosa resta nel tempo",
        "Le cifre contano quello che è conservato. Quando una conversazione è cancellata, perché una persona lo chiede o "
        "perché è passato il tempo di conservazione, non conta più. Per tenere i numeri, scarica il CSV ogni mese.",
    ),
)
BY_KEY = {one.key: one for one in DEFINITIONS}
EXPLAINED: dict[str, str] = {
    "andamento": "conversazioni",
    "canali": "persone",
    "ore": "giorni",
    "giorni": "giorni",
    "esiti": "esiti",
    "argomenti": "argomenti",
    "non-capiti": "non-capiti",
    "appuntamenti": "appuntamenti",
    "modi": "appuntamenti",
    "sedi": "appuntamenti",
    "attese": "attese",
    "richieste": "attese",
    "domande": "domande",
    "voti": "voti",
    "sms": "sms",
    "centri": "centri",
}
"""The definition that explains each figure."""
