"""The verbs that tell what is gone by from what is to come."""

import re

from bot.nlu.when.lexicon import any_of

_PARTICIPLE = (
    r"(?:\w{2,}(?:at|ut|it)[oaie]|\w*"
    + any_of(r"""
    fatt / dett / scritt / lett / rott / assunt / vint / scelt / tolt / risolt / copert / offert / apert / spes / pres / decis / chius / conclus / delus / esclus / pers
    / smess / mess / moss / success / espress / concess / discuss / vist / chiest / mort / corrispost
    """)
    + r"[oaie]|stat[oaie]|rimast[oaie])"
)
# Done already, yet the day it speaks of is still to come: "mi hanno fissato lunedì", "avete scritto di venire giovedì".
_NOT_GONE = (
    "(?!"
    + any_of(r"""
    prenotat / fissat / dat[oa]\b / pres[oa] (?:un )?appuntament / preso (?:l|app|per) / pres[oa] (?:il |un |una |mezza )?(?:giorn|mattin|pomerigg|permess|ferie) / dett[oa] (?:di|che|il|per|lun|mar|mer|gio|ven) / scritt[oa] (?:di|che|sul|su|qui|qua)
    / confermat / spostat / propost / offert / assegnat / convocat / invitat / decis / consigliat / chiest[oa] (?:di|un appuntament) / trovat[oa] (?:un )?post
    / mess[oaie]\b / segnat / chiamat[oa] (?:per|a)\b / avut[oa] (?:un |l )?appuntament / disponibil / libera\b / occupat / impegnat / interessat / obbligat
    / pensat / scelt / vist[oa] (?:che|un|il) / sentit[oa] che / saput / lett[oa] (?:che|di|sul) / chius[oaie] (?:per|anche)\b / capit / bisogn / parlat[oa] con
    / iscritt[oa]\b(?! (?:il|l) ) / disoccupat / abituat / rimandat / rinviat / anticipat
    / ricevut[oa] (?:(?:un|una|il|la|l|vostr\w) ){1,2}(?:messaggio|convocazione|mail|sms|lettera|invito|appuntamento|chiamata)(?: \w+){0,2} per
    """)
    + ")"
)
_ENDED = any_of(r"""
    scadut / finit / licenziat / assunt / mort / cessat / terminat / conclus / dimess / iniziat / cominciat / firmat / inviat / presentat / spedit / consegnat
    / ricevut / uscit / arrivat / nat
""")
GONE = re.compile(
    rf"\b(?:(?:ho|hai|abbiamo|avete|hanno|ha)(?: (?:gia|anche|poi|solo|sempre|appena|subito|mai))* {_NOT_GONE}{_PARTICIPLE}\b"
    rf"|(?:sono|siamo|siete|e|è|s e|s è)(?: (?:gia|anche|poi|solo|sempre|mi|vi|ci|stat[oaie]|appena|subito))* (?!apert|chius){_NOT_GONE}{_PARTICIPLE}\b"
    r"|(?:dissi|disse|dissero|feci|fece|fecero|venni|venne|andai|ando|chiamai|mandai|presi|scrissi|scrisse)\b"
    rf"|{_ENDED}[oaie](?: (?!di |per )\w+){{0,3}} ?$)"
)
# "Lunedì ho chiamato": the verb follows at once, and nothing but a subject stands before the day.
GONE_AFTER = re.compile(rf"^ (?:(?!per |di )\w+ ){{0,3}}?(?:{GONE.pattern})")
_SUBJECT = any_of(r"""
    il / lo / la / l / io / noi / lui / lei / ma / e / poi / allora / gia / anche / buongiorno / buonasera / salve / ciao / scusate / di / mia / mio / figlia / figlio
    / moglie / marito / guardi / senta / che / solo / giorno / da / verso / mi / dice / nel / nella / in / a / alle / le / alla / all
""")
OPENING = re.compile(rf"(?:[^\w#]*\b{_SUBJECT}\b)*[^\w#]*")
FOR = re.compile(r"\bper(?: il| l| la| lo)? $")
WAS = re.compile(
    r"\b(?:ero|eravamo|avevo|avevamo|aveva|dovevo|c era|c erano|lavoravo|era|erano|mi trovavo|stavo|facevo|andavo)\b"
)
AHEAD = re.compile(
    r"\b"
    + any_of(r"""
    posso / potrei / possiamo / potremmo / vorrei / vorremmo / volevo / vengo / verrei / verro / passo / passero / passerei / va bene / andrebbe / mi serve
    / mi servirebbe / prenot\w+ / fissare / fissiamo / facciamo / riesco / saro / sarei / sono liber\w / disponibile / avete posto / c e posto / siete aperti / domani
    / di passare / di presentarmi / (?<!dimenticato )(?<!dimenticata )di venire / devo / dovro / dovrei / preferi\w+ / cerco / chiedo / attendo / aspetto / sposta\w+
    """)
    + r"\b"
)
# A verb of the present after one of the past: the day is the second one's.
LASTS = re.compile(r"\b(?:scade|finisce|comincia|inizia|parte|arriva|viene|riparte|riapre|torna)\b")
# A state that lasts since then.
SINCE = re.compile(
    r"\b"
    + any_of(r"""
    disoccupat\w / inoccupat\w / iscritt\w / assunt\w / licenziat\w / a casa / in cassa\w* / in naspi / in mobilita / senza lavoro / lavoro / lavoravo / vivo / abito
    / resident\w / percepisco / prendo / ferm\w / sospes\w / in italia / a torino / in carico / seguit\w
    """)
    + r"(?: \w+){0,2} ?$"
)
CLAUSE = re.compile(
    r"[.:;!?,]|\b(?:ma|pero|quindi|percio|adesso|perche|pertanto|cosi)\b|\be (?=(?:poi|adesso|ora|vorrei|posso|volevo|mi|potrei|cerco|devo)\b)"
)
