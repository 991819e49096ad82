"""The words that turn what is said about days: refusals, work, appointments to be moved, deadlines."""

import re

from bot.nlu.when.lexicon import any_of

# "Non" that refuses nothing.
_NO_TROUBLE = any_of(r"""
    (?:ho|abbiamo|avrei|avremmo) (?:problem\w|impegn\w|nient\w*|nulla|null altro|preferenze|altro da fare) / lavoro / lavoriamo
    / (?:c |ci )?(?:e|è|sono|sarebbe|sarebbero)(?: nessun)? (?:un )?problem\w
    / (?:avete|ce|c e|c è|ci sono|ci sarebbe\w*)(?: piu| nessun)? ?(?:un )?(?:post\w|disponibil\w+|appuntament\w|bu\w+|niente|nulla)
    / si (?:puo|potrebbe|riesce) / potremmo / potrebbe / potreste / riuscite / riuscireste / avete / fate / siete / so\b / ricordo
    / mi ricordo / importa / vedo l ora / e che / è che / sarebbe possibile / e possibile avere / solo / riesco a prenotare
    / riesco a capire / va bene lo stesso / c era\w* / ho (?:ricevuto|avuto|ancora|capito|trovato|potuto)
""")
HARMLESS = re.compile(
    rf"\bnon (?:(?:mi|ci|vi|lo|ne|ho mai|abbiamo) )*{_NO_TROUBLE}\b|\b(?:no problem\w*|nessun problema|senza problemi|perche no|se no|o no|no\?|o meno"
    r"|piu o meno|non lavorativ\w|potrei o no|si o no)|\bperche non(?= (?:di |il |la |a |al )?(?:lun|mar|mer|giov|ven|sab|dom|dopodom|oggi|sett|dopo "
    r"|facci|fissi))"
)

_CANNOT = (
    r"(?:non|nn|io no)(?: (?:ci|mi|ce|la|lo|si|ne|vi|proprio|ancora|piu|assolutamente|purtroppo|mai|sempre|credo di|penso di|io))* "
    + any_of(r"""
    posso / possiamo / potro / potrei / poso / puo / riesco / riusciamo / riuscirei / riusciro / faccio / ce la faccio / va\b / va bene / vanno / vado
    / andrebbe / sono (?:liber\w|disponibil\w|in (?:citta|zona|sede|paese|italia)|a (?:casa|torino)) / sono qui / sono mai / saro / sarei / ci sono
    / c (?:e|è)(?! post) / ci saro / ci siamo / vengo / verro / verrei / possibile / disponibil\w / liber\w / (?:e|è) possibile / e il caso / conviene / piace
    / (?:mi )?(?:e|è) comodo / esco / guido / mi muovo / mi sposto / me la sento / ho tempo / voglio / vorrei / potessi
""")
)
_AWAY = any_of(r"""
    impegnat\w / occupat\w / via / fuori(?: citta)? / in ferie / in vacanza / al lavoro / a lavorare / a lavoro / assente / in viaggio / in trasferta
    / all estero / ricoverat\w / di turno / a scuola / in malattia / malat\w / al mare / pres[oa] / incasinat\w / in ospedale / lavorando / a letto
""")
_ENGAGEMENT = any_of(r"""
    impegn\w+ / visit\w / dentista / dottore / dottoressa / medico / pediatra / esame / esami / turn\w / corso / scuola / lezion\w / funerale / matrimonio
    / fisioterapia / operazione / intervento / udienza / ferie / bambin\w / nipot\w+ / da fare / terapia / battesimo / cresima / comunione / commission\w
    / mercato / chemio / dialisi / catechismo / palestra / riunion\w / inventario / treno / consegn\w
""")
# "Lavoro" is a verb unless one of these makes it a noun.
_NOUN = "di il un al del sul per cerco cercare trovare nuovo perso centro offerte domanda cercando senza non primo come"
_WORK = (
    "".join(f"(?<!{word} )" for word in _NOUN.split())
    + r"(?:lavoro|lavora|lavoriamo|lavorero)(?! (?:come|in|presso|da)\b)"
)
_BUSY = any_of(rf"""
    (?:sono|saro|siamo|saremo|sarei|sto)(?: (?:gia|sempre|tutto il giorno|tutta la \w+|purtroppo|pero))* {_AWAY} / sono via / parto / dormo / riposo
    / (?<!quando )(?:ho|avrei|avro|abbiamo|ha|avra|hanno|c e|c è|mi hanno messo)(?: gia| sempre)? (?:(?:un|una|il|la|l|lo|i|le|dei|delle|degli|altr\w|gli) )*{_ENGAGEMENT}
    / {_WORK} / accompagno / studio / porto (?:i|il|la|le|mi\w) (?!document|fogli|cart[ae]|cv|curriculum|modul|domanda|pratica|isee|certificat|mia\b)\w+(?! (?:\w+ )?(?:da voi|li\b|a fare|a iscriver|al colloquio|allo sportello)) / vado (?:via|a (?:scuola|lezione|lavorare|lavoro))
    / faccio (?:il |i |la )?(?:turn\w|nott\w|\w+ turno)
""")
_NO = any_of(r"""
    no / mai / manco / neanche / nemmeno / neppure / neanke / macche / niente / nada / ne(?= ) / impossibile / (?:mi )?(?:e|è) impossibile / faccio fatica / salta
    / saltiamo / niente da fare
""")
# These refuse only what follows them.
_EXCEPT = any_of(r"""
    non / nn / tranne / eccetto / salvo / fuorche / esclus[oaie] / escludendo / escluderei / escludo / evit\w+ / a parte / all infuori di / meno / senza(?! (?:appuntament|prenota|impegn|preavviso)) / né / mai
    / ad eccezione / eccezione fatta per / con l eccezione / no a / no al / no il / no la / no di / no in / tolt[oi] / togliendo
    / (?:basta |purche )?che non sia / no che
""")
_SMALL = any_of(r"""
    il / lo / la / i / gli / le / l / di / del / della / dell / dei / in / nel / nella / nei / per / a / al / alla / all / ad / proprio / assolutamente / venire
    / passare / essere / esserci / fare / farlo / presentarmi / mai / piu / ne / anche / nemmeno / neanche / e / quello / quella / appuntamento / tutti / tutte
    / ogni / solo / sia / tipo / giorni / giorno / mese / settimana / tutta / tutto / sempre / da / dal / dalla / liber\w / disponibil\w / venir / muovermi
    / uscire / allontanarmi / che / ho / avevo / avrei / con / voi / li / ci / mi / prima / colloquio / fissato / incontro / quel / quest\w / durante
""")
_INTRO = any_of(r"""
    pero / purtroppo / io / invece / mi dispiace / mi spiace / proprio / sicuramente / di sicuro / tutto il giorno / tutta la giornata / di solito / che / ma / è / e
    / a me / per me / tutto / giorno / sempre / gia
""")
REFUSES_NEXT = re.compile(
    rf"(?P<only>\b{_EXCEPT})(?: {_SMALL}){{0,4}}[ ,(]*$|(?P<neg>\b(?:{_CANNOT}|{_BUSY}|{_NO}))(?P<rest>(?: {_SMALL}){{0,8}})[ ]*$"
)
REFUSES_PREVIOUS = re.compile(
    rf"^[ ,)(.-]*(?:{_INTRO}[ ,]+){{0,4}}(?P<neg>{_CANNOT}|{_BUSY}|{_NO}|(?:è|e) (?:troppo |un po )?(?:tardi|lontano|presto|sciopero)"
    r"|esclus[oaie](?= *[,.;]|$| e ))\b"
)
# "Lunedì no, martedì pure": what holds for the day before holds for this one.
TOO = re.compile(r"^ (?:pure|anche|uguale|idem|lo stesso)(?= ?[,.;]|$)")
EXCLUDED = re.compile(r"^ (?:esclus[oaie]|no)\b")
BUSY_AT = re.compile(rf" {_BUSY}(?: {_SMALL}){{0,3}} ")
ACCEPTED = re.compile(
    r"(?<!non )(?<!nn )\b(?:posso|potrei|vorrei|volevo|va bene|verrei|vengo|passo|preferirei|preferisco|facciamo|liber[oa]|disponibile|ci sono|prenot\w+"
    r"|fissa\w+)\b[^,;.]{0,25}$"
)
OPENING_NO = re.compile(r"(?:^|[.;!?] ?)(?:no|mah|eh|allora|guardi?|scusi|[, ])*\bno (?:il |la |per )?$")
LIKED = re.compile(
    r"^ ?(?:(?:(?:è|e|sarebbe|mi|viene|torna|per me|a me|va|andrebbe|gia) ){1,3}(?:meglio|bene|ok|perfett\w|comod\w)|va benissimo)\b"
)
# Asking for another day refuses the one just named.
ANOTHER = re.compile(r"\b(?:un altr[oa]|altr[oa]|divers[oa]) (?:giorno|data|giornata)\b")

# An appointment that exists, to be changed or only named.
MOVE = re.compile(r"\b(?:spost|rimand|postic|anticip|rinvi|cambi|modific|riprogramm)\w*")
INSTEAD = re.compile(
    r"\b(?:(?:è|e|sarebbe|va|viene|torna) meglio (?:di|del|che)|invece (?:di|del|dell|che)|al posto (?:di|del|dell)|anziche|piuttosto che)(?: (?:il|la|l|di|del))* ?$"
)
_MEETING = any_of(r"""
    appuntamento / app / messaggio / convocazione / convocat\w / invito / colloquio / visita / incontro / prenotazione / quello / quella / slot
""")
_OF_IT = any_of(r"""
    che / mio / mia / gia / preso / fissato / prenotato / previsto / avevo / ho / era / è / e / avrei / sarebbe / confermato / dato / segnato / di / del / dell
    / della / delle / per / alle / in data
""")
SOURCE = re.compile(
    rf"\b{_MEETING}(?: {_OF_IT})+(?: (?:il|la|lo|l|giorno))*,? ?$|{INSTEAD.pattern}"
    r"|\b(?:mi avete|mi hanno|avete|hanno) (?:dato|fissato|messo|segnato)(?: (?:per|il|l|la))* ?$"
    r"|\b(?:ero|sono|sarei) (?:gia )?prenotat\w(?: per)?(?: il| le| l)? ?$"
    r"|\b(?:ho|avevo|avrei|abbiamo|mi avete (?:dato|fissato|messo)|mi hanno (?:dato|fissato|messo))(?: gia| un| l| il| fissato| preso| un altro)*"
    r"(?: (?:appuntamento|colloquio|incontro))(?: con \w+ ?\w*)?(?: (?:per|il|la|l|fissato|di|del|alle|giorno))* ?$"
)

# Hours of work leave the hours after, or before.
_AT_WORK = any_of(
    "di / da / dal / al / il / a / l / lavorare / lavoro / turno / scuola / ufficio / casa / ferie / verso / solo / sempre / alle / le / dalle"
)
FREE_FROM = re.compile(
    rf"\b(?:esco|stacco|finisco|smonto|termino|esce|esc[oe] (?:dal|da) \w+|mi libero|torno|rientro|finisc\w+|finire|stacca|smonta|termina|arrivo)(?: {_AT_WORK})* ?$"
)
FREE_AFTER = re.compile(r"^ (?:esco|stacco|finisco|smonto|termino|mi libero|sono liber\w|ho finito|torno|rientro)\b")
BUSY_FROM = re.compile(rf"\b(?:inizio|attacco|comincio|entro|monto|inizia|comincia)(?: {_AT_WORK})* ?$")

# Something else falls on that day.
ASIDE = re.compile(
    r"\b"
    + any_of(r"""
    scad\w+ / finisc\w+ / finit\w / finira / termin\w+ / inizi[ao]\w* / cominc\w+ / decorr\w+ / licenziamento / stipendio / bonifico / pensione / contratto / assunt\w
    / assumono / tirocinio / corso / nasc\w+ / compio / compie / matrimonio / trasloco / scadenza / naspi / disoccupazione / treno / bus / autobus / pullman / corriera
    / escono / esce / esco / parte / (?:ho|abbiamo) (?:letto|sentito|saputo|visto) che / porto i / accompagno / pagament\w+ / bando / bolletta / affitto
    """)
    + r"\b"
)
# "La mail di venerdì" dates a letter.
LETTER = re.compile(
    r"\b(?:mail|email|messaggio|sms|lettera|telefonata|chiamata|whatsapp|comunicazione|promemoria|avviso|domanda|richiesta|convocazione|dichiarazione|certificato"
    r"|ricevuta|colloquio fatto|verbale|dimissioni|licenziamento|raccomandata|pec) (?:di|del|dell|della|in data) ?$"
)
BESIDES = re.compile(
    r"^ ?(?:c (?:e|è) (?:(?:lo|la|il|un|una|l) ?)?(?:sciopero|fiera|assemblea|partita|manifestazione|neve|allerta)|si sposa|mi sposo|arriva|parte|compie|scade|finisce|comincia|inizia|apre|riapre|mi scade|(?:e|è) il (?:mio )?compleanno)"
)
# The day is only named to say that it will not do.
CLOSED = re.compile(
    r"^ ?(?:\w+ ){0,2}(?:è|e|siete|siate|sara|sono|saranno|sarete) (?:gia )?(?:festa|festivo|chius\w|ponte)\b(?! ?\?)"
)
AT_WEEKEND = re.compile(r"\b(?:è|cade|cade di|viene di|sarebbe) (?:di )?(?:sabato|domenica)$")
# "Esco il 4 e il 5 vorrei venire": two days of two verbs.
STATED = re.compile(
    r"\b(?:esco|esce|parto|parte|finisco|finisce|scade|inizio|inizia|arrivo|arriva|torno|comincio)\b[^.;!?]{0,20}$"
)
ASKS = re.compile(r"^ (?:vorrei|posso|potrei|verrei|vengo|volevo|mi serve|mi servirebbe)\b")
