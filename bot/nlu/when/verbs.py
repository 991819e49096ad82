"""The words that turn what is said about days: refusals, work, verbs gone by or ahead, appointments to be moved."""

import re

# "Non" that refuses nothing.
HARMLESS = re.compile(
    r"\bnon (?:(?:mi|ci|vi|lo|ne|ho mai|abbiamo) )*(?:(?:ho|abbiamo|avrei|avremmo) (?:problem\w|impegn\w|nient\w*|nulla|null altro|preferenze|altro da fare)"
    r"|(?:c |ci )?(?:e|è|sono|sarebbe|sarebbero)(?: nessun)? (?:un )?problem\w|lavoro|lavoriamo|(?:avete|ce|c e|c è|ci sono|ci sarebbe\w*)(?: piu| nessun)? ?"
    r"(?:un )?(?:post\w|disponibil\w+|appuntament\w|bu\w+|niente|nulla)|si (?:puo|potrebbe|riesce)|potremmo|potrebbe|potreste|riuscite|riuscireste"
    r"|avete|fate|siete|so\b|ricordo|importa|vedo l ora|e che|è che|sarebbe possibile|e possibile avere|solo|riesco a prenotare|riesco a capire"
    r"|mi ricordo|va bene lo stesso|c era\w*|ho (?:ricevuto|avuto|ancora|capito|trovato|potuto))\b|\bno problem\w*|\bnessun problema|\bsenza problemi"
    r"|\bperche no\b|\bperche non(?= (?:di |il |la |a |al )?(?:lun|mar|mer|giov|ven|sab|dom|dopodom|oggi|sett|dopo |facci|fissi))|\bse no\b|\bo no\b|\bno\?|\bo meno\b|\bpiu o meno\b|\bnon lavorativ\w|\bpotrei o no\b|\bsi o no\b"
)
_CANNOT = (
    r"(?:non|nn|io no)(?: (?:ci|mi|ce|la|lo|si|ne|vi|proprio|ancora|piu|assolutamente|purtroppo|mai|sempre|credo di|penso di|io))*"
    r" (?:posso|possiamo|potro|potrei|poso|puo|riesco|riusciamo|riuscirei|riusciro|faccio|ce la faccio|va\b|va bene|vanno|vado|andrebbe|sono (?:liber\w"
    r"|disponibil\w|in (?:citta|zona|sede|paese|italia)|a (?:casa|torino))|ci sono|c e(?! post)|c è(?! post)|sono mai|ci saro|saro|ci siamo|vengo|verro|verrei|possibile|disponibil\w|liber\w"
    r"|e possibile|è possibile|e il caso|conviene|piace|sono qui|mi e comodo|e comodo|è comodo|me la sento|ho tempo|voglio|vorrei|sarei|potessi|posso proprio)"
)
_BUSY = (
    r"(?:sono|saro|siamo|saremo|sarei|sto)(?: (?:gia|sempre|tutto il giorno|tutta la \w+|purtroppo|pero))* (?:impegnat\w|occupat\w|via|fuori(?: citta)?|in ferie"
    r"|in vacanza|al lavoro|a lavorare|a lavoro|assente|in viaggio|in trasferta|all estero|ricoverat\w|di turno|a scuola|in malattia|malat\w|al mare|pres[oa]|incasinat\w"
    r"|in ospedale|lavorando|a letto)"
    r"|(?<!quando )(?:ho|avrei|avro|abbiamo|ha|avra|hanno|c e|c è|mi hanno messo)(?: gia| sempre)? (?:(?:un|una|il|la|l|lo|i|le|dei|delle|degli|altr\w|gli) )*(?:impegn\w+|visit\w|dentista|dottore"
    r"|dottoressa|medico|pediatra|esame|esami|turn\w|corso|scuola|lezion\w|funerale|matrimonio|fisioterapia|operazione|intervento|udienza|ferie|bambin\w"
    r"|nipot\w+|da fare|terapia|battesimo|cresima|comunione|commission\w|mercato|chemio|dialisi|catechismo|palestra|riunion\w|inventario|treno|consegn\w)"
    r"|(?<!di )(?<!il )(?<!un )(?<!al )(?<!del )(?<!sul )(?<!per )(?<!cerco )(?<!cercare )(?<!trovare )(?<!nuovo )(?<!perso )(?<!centro )(?<!offerte )(?<!domanda )"
    r"(?<!cercando )(?<!senza )(?<!non )(?<!primo )(?<!come )(?:lavoro|lavora|lavoriamo|lavorero|lavoro (?:sempre|gia|pure|anche))(?! (?:come|in|presso|da)\b)"
    r"|dormo|riposo|accompagno|studio|porto (?:i|il|la|le|mi\w) \w+|vado (?:via|a (?:scuola|lezione|lavorare|lavoro))|faccio (?:il |i |la )?(?:turn\w|nott\w|\w+ turno)|parto|sono via"
)
_ONLY_BEFORE = (
    r"(?:non|nn|tranne|eccetto|salvo|fuorche|escluso|esclusa|esclusi|escluse|escludendo|escluderei|escludo|evit\w+|a parte|all infuori di|meno|senza|né|mai|ad eccezione"
    r"|eccezione fatta per|con l eccezione|no a|no al|no il|no la|no di|no in|né|tolto|tolti|togliendo|basta che non sia|purche non sia|che non sia|no che)"
)
_NO = r"(?:no|mai|neanche|nemmeno|neppure|neanke|macche|niente|nada|ne(?= )|impossibile|mi (?:e|è) impossibile|e impossibile|è impossibile|faccio fatica|salta|saltiamo|niente da fare)"
_SMALL = (
    r"(?:il|lo|la|i|gli|le|l|di|del|della|dell|dei|in|nel|nella|nei|per|a|al|alla|all|ad|proprio|assolutamente|venire|passare|essere|esserci|fare|farlo|presentarmi|mai|piu"
    r"|ne|anche|nemmeno|neanche|ma|e|quello|quella|appuntamento|tutti|tutte|ogni|solo|pero|sia|tipo|giorni|giorno|mese|settimana|tutta|tutto|sempre|da|dal|dalla|liber\w"
    r"|disponibil\w|venir|muovermi|uscire|allontanarmi|che|ho|avevo|avrei|con|voi|li|ci|mi|prima|colloquio|l appuntamento|fissato|incontro|quel|quest\w|durante)"
)
REFUSES_NEXT = re.compile(
    rf"(?P<only>\b{_ONLY_BEFORE})(?: {_SMALL}){{0,4}}[ ,(]*$|(?P<neg>\b(?:{_CANNOT}|{_BUSY}|{_NO}))(?P<rest>(?: {_SMALL}){{0,8}})[ ]*$"
)
_INTRO = r"(?:pero|purtroppo|io|invece|mi dispiace|mi spiace|proprio|sicuramente|di sicuro|tutto il giorno|tutta la giornata|di solito|che|ma|è|e|a me|per me|tutto|giorno|sempre|gia)"
REFUSES_PREVIOUS = re.compile(rf"^[ ,)(.-]*(?:{_INTRO}[ ,]+){{0,4}}(?P<neg>{_CANNOT}|{_BUSY}|{_NO}|(?:è|e) (?:troppo |un po )?(?:tardi|lontano|presto|sciopero)|esclus[oaie](?= *[,.;]|$| e ))\b")
ACCEPTED = re.compile(r"(?<!non )(?<!nn )\b(?:posso|potrei|vorrei|volevo|va bene|verrei|vengo|passo|preferirei|preferisco|facciamo|liber[oa]|disponibile|ci sono|prenot\w+|fissa\w+)\b[^,;.]{0,25}$")
MOVE = re.compile(r"\b(?:spost|rimand|postic|anticip|rinvi|cambi|modific|riprogramm)\w*")
SOURCE = re.compile(
    r"\b(?:appuntamento|app|messaggio|convocazione|convocat\w|invito|colloquio|visita|incontro|prenotazione|quello|quella|slot)(?: (?:che|mio|mia|gia|preso|fissato|prenotato|previsto|avevo|ho|era|è|e|avrei|sarebbe"
    r"|confermato|dato|segnato|di|del|dell|della|delle|per|alle|in data))+(?: (?:il|la|lo|l|giorno))*,? ?$"
    r"|\b(?:invece (?:di|del|dell|che)|al posto (?:di|del|dell)|anziche|piuttosto che)(?: (?:il|la|l|di|del))* ?$|\b(?:ero|sono|sarei) (?:gia )?prenotat\w(?: per)?(?: il| le| l)? ?$"
    r"|\b(?:ho|avevo|avrei|abbiamo|mi avete (?:dato|fissato|messo)|mi hanno (?:dato|fissato|messo))(?: gia| un| l| il| fissato| preso| un altro)*(?: (?:appuntamento|colloquio|incontro))"
    r"(?: con \w+ ?\w*)?(?: (?:per|il|la|l|fissato|di|del|alle|giorno))* ?$"
)
INSTEAD = re.compile(r"\b(?:invece (?:di|del|dell|che)|al posto (?:di|del|dell)|anziche|piuttosto che)(?: (?:il|la|l|di|del))* ?$")
FREE_FROM = re.compile(
    r"\b(?:esco|stacco|finisco|smonto|termino|esce|esc[oe] (?:dal|da) \w+|mi libero|torno|rientro|finisc\w+|arrivo)(?: (?:di|da|dal|al|il|a|l|lavorare|lavoro|turno|scuola|ufficio|casa|ferie"
    r"|verso|solo|sempre|alle|le|dalle))* ?$"
)
FREE_AFTER = re.compile(r"^ (?:esco|stacco|finisco|smonto|termino|mi libero|sono liber\w|ho finito|torno|rientro)\b")
BUSY_FROM = re.compile(r"\b(?:inizio|attacco|comincio|entro|monto|inizia|comincia)(?: (?:a|al|il|lavorare|lavoro|turno|scuola|alle|le|di))* ?$")
ASIDE = re.compile(
    r"\b(?:scad\w+|finisc\w+|finit\w|finira|termin\w+|inizi[ao]\w*|cominc\w+|decorr\w+|licenziamento|stipendio|bonifico|pensione|contratto|assunt\w|assumono|tirocinio|corso|nasc\w+"
    r"|compio|compie|matrimonio|trasloco|scadenza|naspi|disoccupazione|treno|bus|autobus|pullman|corriera|escono|esce|esco|parte|porto i|pagament\w+|bando|bolletta|affitto)\b"
)
_PARTICIPLE = (
    r"(?:\w{2,}(?:at|ut|it)[oaie]|\w*(?:fatt|dett|scritt|lett|rott|assunt|vint|scelt|tolt|risolt|copert|offert|apert|spes|pres|decis|chius|conclus|delus|esclus"
    r"|pers|smess|mess|moss|success|espress|concess|discuss|vist|chiest|mort|corrispost)[oaie]|stat[oaie]|rimast[oaie])"
)
# Done already, yet the day it speaks of is still to come: "mi hanno fissato lunedì", "avete scritto di venire giovedì".
_NOT_GONE = (
    r"(?!prenotat|fissat|dat[oa]\b|pres[oa] (?:un )?appuntament|preso (?:l|app|per)|dett[oa] (?:di|che|il|per|lun|mar|mer|gio|ven)|scritt[oa] (?:di|che)|confermat"
    r"|spostat|propost|offert|assegnat|convocat|invitat|decis|consigliat|chiest[oa] (?:di|un appuntament)|trovat[oa] (?:un )?post|mess[oaie]\b|segnat|chiamat[oa] (?:per|a)\b"
    r"|ricevut[oa] (?:(?:un|una|il|la|l|vostr\w) ){1,2}(?:messaggio|convocazione|mail|sms|lettera|invito|appuntamento|chiamata)(?: \w+){0,2} per"
    r"|avut[oa] (?:un |l )?appuntament|disponibil|libera\b|occupat|impegnat|interessat|obbligat|iscritt[oa]\b(?! (?:il|l) )|disoccupat|abituat|rimandat|rinviat|anticipat)"
)
# A state that lasts since then.
SINCE = re.compile(
    r"\b(?:disoccupat\w|inoccupat\w|iscritt\w|assunt\w|licenziat\w|a casa|in cassa\w*|in naspi|in mobilita|senza lavoro|lavoro|lavoravo|vivo|abito|resident\w"
    r"|percepisco|prendo|ferm\w|sospes\w|in italia|a torino|in carico|seguit\w)(?: \w+){0,2} ?$"
)
# The day is only named to say that it will not do, or asked about.
CLOSED = re.compile(r"^ ?(?:\w+ ){0,2}(?:è|e|siete|siate|sara|sono|saranno|sarete) (?:gia )?(?:festa|festivo|chius\w|ponte)\b(?! ?\?)")
AT_WEEKEND = re.compile(r"\b(?:è|cade|cade di|viene di|sarebbe) (?:di )?(?:sabato|domenica)$")
# Asking for another day refuses the one just named.
ANOTHER = re.compile(r"\b(?:un altr[oa]|altr[oa]|divers[oa]) (?:giorno|data|giornata)\b")
BESIDES = re.compile(r"^ ?(?:si sposa|mi sposo|arriva|parte|compie|scade|finisce|mi scade|e il mio compleanno|è il mio compleanno|e il compleanno|è il compleanno)")
GONE = re.compile(
    rf"\b(?:(?:ho|hai|abbiamo|avete|hanno|ha)(?: (?:gia|anche|poi|solo|sempre|appena|subito|mai))* {_NOT_GONE}{_PARTICIPLE}\b"
    rf"|(?:sono|siamo|siete|e|è|s e|s è)(?: (?:gia|anche|poi|solo|sempre|mi|vi|ci|stat[oaie]|appena|subito))* (?!apert|chius){_NOT_GONE}{_PARTICIPLE}\b"
    r"|(?:dissi|disse|dissero|feci|fece|fecero|venni|venne|andai|ando|chiamai|chiamo|mandai|presi|scrissi|scrisse)\b"
    r"|(?:scadut|finit|licenziat|assunt|mort|cessat|terminat|conclus|dimess|iniziat|cominciat|firmat|inviat|presentat|spedit|consegnat|ricevut|uscit|arrivat|nat)[oaie]"
    r"(?: (?!di |per )\w+){0,3} ?$)"
)
# "Lunedì ho chiamato": the verb follows at once, and nothing but a subject stands before the day.
GONE_AFTER = re.compile(rf"^ (?:(?!per |di )\w+ ){{0,3}}?(?:{GONE.pattern})")
OPENING = re.compile(
    r"(?:[^\w#]*\b(?:il|lo|la|l|io|noi|lui|lei|ma|e|poi|allora|gia|anche|buongiorno|buonasera|salve|ciao|scusate|di|mia|mio|figlia|figlio|moglie|marito|guardi|senta|che|solo"
    r"|giorno|da|verso|mi|dice|nel|nella|in|a|alle|le|alla|all))*[^\w#]*"
)
FOR = re.compile(r"\bper(?: il| l| la| lo)? $")
WAS = re.compile(r"\b(?:ero|eravamo|avevo|avevamo|aveva|dovevo|c era|c erano|lavoravo|era|erano|mi trovavo|stavo|facevo|andavo)\b")
AHEAD = re.compile(
    r"\b(?:posso|potrei|possiamo|potremmo|vorrei|vorremmo|volevo|vengo|verrei|verro|passo|passero|passerei|va bene|andrebbe|mi serve|mi servirebbe|prenot\w+|fissare|fissiamo|facciamo|riesco"
    r"|saro|sarei|sono liber\w|disponibile|avete posto|c e posto|siete aperti|domani|di passare|di presentarmi|(?<!dimenticato )(?<!dimenticata )di venire|devo|dovro|dovrei|preferi\w+|cerco|chiedo|attendo|aspetto|sposta\w+)\b"
)
# A verb of the present after one of the past: the day is the second one's.
LASTS = re.compile(r"\b(?:scade|finisce|comincia|inizia|parte|arriva|viene|riparte|riapre|torna)\b")
CLAUSE = re.compile(r"[.:;!?,]|\b(?:ma|pero|quindi|percio|adesso|perche|pertanto|cosi)\b|\be (?=poi\b|adesso\b|ora\b|vorrei\b|posso\b|volevo\b|mi\b|potrei\b|cerco\b|devo\b)")
BUSY_AT = re.compile(rf" (?:{_BUSY})(?: {_SMALL}){{0,3}} ")
# "Esco il 4 e il 5 vorrei venire": two days of two verbs.
STATED = re.compile(r"\b(?:esco|esce|parto|parte|finisco|finisce|scade|inizio|inizia|arrivo|arriva|torno|comincio)\b[^.;!?]{0,20}$")
ASKS = re.compile(r"^ (?:vorrei|posso|potrei|verrei|vengo|volevo|mi serve|mi servirebbe)\b")
EXCLUDED = re.compile(r"^ (?:esclus[oaie]|no)\b")
