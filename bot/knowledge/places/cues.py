"""The words that tell what a place is to a person: patterns over the frame of a message, with the role each gives.

All words are folded: no accents, no apostrophes ("l impiego", "c e").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """What a place is to the person. `level` ranks what may answer "where do you live"; negative ones never do."""

    DOMICILE = 5
    HOME = 4
    RESIDENCE = 3
    FROM = 2
    NEUTRAL = 1
    # The next ones are good for a question back, no more. Values only have to differ.
    UNSURE = 0
    NEAR = 0.1
    FUTURE = 0.2
    RELATIVE = 0.3
    WORK = -1
    BIRTH = -2
    FORMER = -3
    CENTRE = -4
    ELSEWHERE = -5
    DENIED = -6

    @property
    def level(self) -> int:
        """The rank: 1 to 5 decide, 0 is asked about, below does not count."""
        return int(self.value) if self.value >= 0 else -1


@dataclass(frozen=True)
class Cue:
    """A cue found in a frame."""

    role: Role
    start: int
    end: int
    text: str


_TO = r"(?:a|ad|in|nel|nella|nell|nelle|al|alla|alle|ai|agli|all|da|su|sul|qui|qua|li)"
_NOW = r"(?:ora|adesso|oggi|attualmente|al momento|momentaneamente|per ora|ormai|oramai|sempre|ancora|qui|qua|anche|gia|tutti|invece|pero|da anni|di nuovo)"
_PEOPLE = (
    r"(?:ragazz[oa]|signor[ae]?|donna|uomo|mamma|papa|padre|madre|pensionat[oa]|operai[oa]|disoccupat[oa]|cittadin[oa]|giovane|student\w+|abitante|"
    r"persona|person\w|coppia|famiglia|tutt[ie]|nativ\w)"
)
_KIN = (
    r"(?:fratell\w|sorell\w|figli\w?|mamma|madre|padre|papa|genitori|mogli\w|marito|compagn\w|ragazz\w|fidanzat\w|suocer\w|cognat\w|zi[aoie]|"
    r"nonn\w|cugin\w|nipot\w|amic\w+|amich\w|vicin\w di casa|ex|colleg\w+|datore|capo|padrone|lei|lui|loro)"
)

# In order of precedence where two begin at the same word: longer phrases first.
_PATTERNS: list[tuple[Role, str]] = [
    (
        Role.NEUTRAL,
        r"(?:i|ai|dei|gli|agli|per|solo|soli) (?:soli )?(?:residenti|abitanti)|(?:chi|uno che|una che|qualcuno che) (?:abita|vive|sta|risiede|e (?:di|a|ad|in))(?= )",
    ),
    (Role.HOME, r"(?:ho|abbiamo) (?:da )?sempre (?:vissut\w|abitat\w)"),
    (
        Role.CENTRE,
        r"trasferi\w+ (?:la |l |il |le |mia |mio |tutta |tutto )*(?:iscrizion\w+|pratic\w+|did|fascicolo|domanda|posizione|patto|scheda)"
        r"|cambi\w+ (?:di |il )?(?:cpi|centro|ufficio|sede|sportello)",
    ),
    (
        Role.FUTURE,
        r"trasferir\w*|trasferisc\w*|trasferiamo|(?:andro|andremo|vado|andiamo|andrei|andare|verro|venire|torno|tornero|torniamo|tornare) ad? (?:vivere|stare|abitare)"
        r"|(?:cerc|trov|compr|affitt)\w+ (?:una |un |la |nuova |di )*(?:casa|alloggio|appartamento|stanza|camera)(?: in affitto)?"
        r"|(?:vorrei|voglio|vorremmo|potrei|mi piacerebbe|sogno di|spero di|penso di) (?:andare a )?(?:vivere|abitare|stare|spostarmi)"
        r"|traslocher\w*|trasloco|abiter\w+|vivr\w+|risieder\w+|prend\w* (?:la )?residenza|sposter[oe]\w*|mi sposto|ci spostiamo",
    ),
    (
        Role.FORMER,
        r"(?:ero|eravamo|era|eri)(?: \w+)? (?:resident\w*|domicili\w*|iscritt\w*|a|ad|in|di|del|della)(?= )"
        r"|(?:ho|abbiamo|avevo|avevamo|ha)(?! sempre| tutta) (?:\w+ )?(?:vissut\w|abitat\w|risiedut\w)"
        r"|(?:avevo|avevamo) (?:la |il |l |casa |una )*(?:residenza|domicilio|casa|alloggio)?"
        r"|(?:sono|siamo) (?:\w+ )?(?:arrivat|venut|tornat|scappat|partit)\w (?:\w+ ){0,2}?(?:da|dal|dalla|dall|dalle)(?= )"
        r"|abitav\w+|vivev\w+|risiedev\w+|stavo|stavamo|vissut\w|sono stat[oai]|siamo stati"
        r"|(?:prima|una volta|anni fa|tempo fa|un tempo|in passato)(?: \w+)?(?= (?:a|ad|in|da|ero|stavo|vivevo|abitavo|sono stat|<))"
        r"|(?:andat|venut|trasferit|spostat|scappat|partit|uscit)\w* via|via(?= da)|lasci\w+|vend\w+ (?:la |una |mia )*casa|precedent\w+|ex|vecchi[oa] (?:casa|indirizzo|residenza|domicilio|comune)"
        r"|non (?:\w+ ){0,2}piu(?: \w+)?(?: a| ad| in| di)?(?= )",
    ),
    (
        Role.DOMICILE,
        r"(?:residen\w+ e )?domic\w+",
    ),
    (
        Role.RESIDENCE,
        r"residen\w*(?! artistic)|resedente|resident\w*|risied\w*|anagraficamente",
    ),
    (
        Role.BIRTH,
        r"nat[oaie](?: e cresciut\w)?|nascita|nascere|nacqui|(?:di )?origin[ei]|originari\w+|cresciut\w|oriund\w",
    ),
    (
        Role.FROM,
        r"(?:vengo|veniamo|provengo|arrivo|arriviamo|chiamo|scrivo|scriviamo|contatto|parto|scendo|salgo) (?:\w+ )?(?:da|dal|dalla|dalle|dai|dall|di)(?= )"
        rf"|(?<!ci )(?:sono|siamo|son|sun|sn) (?:(?:{_NOW}|io|un|una|uno|il|la|solo) )*(?:{_PEOPLE} )*(?:\w+[aoei] )?(?:di|del|della|dell|dei|delle|d|ed|de)(?= )"
        r"|(?:io|noi) (?:\w+ )?(?:di|del|della|d|ed)(?= )|(?:io|noi)(?= <)"
        rf"|{_PEOPLE} (?:di|del|della|d)(?= <)"
        r"|(?:ciao|salve|saluti|buongiorno|buonasera)(?: a tutti| a voi)? da(?= )",
    ),
    (
        Role.HOME,
        rf"(?:i )?live in|living in|j habite|habite|habito en|vivo en|ich wohne|wohne|locuiesc|abit[oia]|abitiamo|abitiam|abitan[oe]|abitate|abitare|abitant\w|abitto|vivo|vivi|viviamo|vive|vivono|vivere|vivendo|convivo\w*|convive\w*"
        r"|(?:sto|stiamo|sta|stanno|stare|stagh|stago)(?! \w+[aei]ndo )(?! (?:per|bene|male|cosi|meglio|cerca|aspett|andando|leggend))"
        rf"|(?:sono|siamo|son|sun)(?: {_NOW})*(?: ospit\w| tornat\w| rientrat\w| rimast\w| arrivat\w| venut\w| finit\w| sistemat\w)?(?: (?:dai|dal|dalla|da) \w+(?: \w+)?)? {_TO}(?= )"
        r"|mi trovo|ci troviamo|mi sono spostat\w|ci siamo spostat\w|trasferit\w*|traslocat\w*|spostat\w* (?=(?:a|ad|in) )"
        r"|(?:mia|nostra) casa|casa (?:mia|nostra|propria)|(?<! a )casa (?:e |sta )?(?:a|ad|in)(?= )|casa (?:di )?(?:un |mi\w |su\w )?(?:amic\w|fratello|sorella|zi[oa]|cugin\w|parenti|genitori|mamma|famiglia)(?= <)|casa(?: e)?(?= (?:<|:))|(?:ho|abbiamo|tengo|con|preso) (?:la |una |l )?casa"
        r"|dimor\w+|ospit\w*|(?:in )?affitto|appartamento|alloggi\w*|alloggiat\w|(?:mio|nostro) indirizzo|indirizzo(?= (?:e|:|<))|dorm[oe]|dormire"
        r"|(?:ora|adesso|oggi|attualmente|al momento|ormai|oramai|invece|pero)(?= (?:(?:a|ad|in|nel|nella) |<))"
        r"|da (?:\w+ )?(?:un|uno|\w+) (?:ann[oi]|mes[ei]|settiman\w|giorn\w|po) (?:a|ad|in|sono a|siamo a)(?= )"
        r"|(?:io|noi) (?:e|con) (?:\w+ ){1,3}?(?:a|ad|in)(?= )|(?:io|noi)(?: invece| pero| qui| qua| si)? (?:a|ad|in|nel|da)(?= )"
        r"|mi sono stabilit\w|stabil\w+|comune(?= :)|(?:paese|paesino|comune|citta|posto|frazione) (?:\w+ ){0,3}(?:, )?(?:che )?si chiama|fuori regione|(?:citta|paese)(?= :)",
    ),
    (
        Role.NEUTRAL,
        r"(?:localita|frazione|cascina|borgata)(?= \w)|(?:codice |mio )*cap(?= )|codice postale|serv[ea](?= (?:il|la|anche|chi|<))|copr[eai]\w*|(?<!mi )segu[ea](?= (?:il|la|anche|chi|<))|prend\w+ anche|compren\w+|competen\w+ (?:per|su|di|a)(?= )|vale (?:anche )?per",
    ),
    (
        Role.CENTRE,
        r"cpi|c p i|centr[oi] (?:per )?(?:l )?(?:\w+ )?impieg\w*|centr[oi] (?:per |x )?(?:il )?lavoro|impiego|collocament\w*|uffici\w*|sed[ei]|sportell\w*|agenzi\w*"
        r"|filial\w*|quell[oaie](?= (?:di|del|della|d|a|ad|in|nord|sud|<))|centro (?:di|d)(?= )|centro(?= <)|iscri\w+|reiscri\w+|appuntament\w*|prenot\w*"
        r"|present\w*|recar\w*|mi reco|venir\w*|verr[oe]\w*|venut\w*|veng[oa]|andar\w*|andat\w*|andr\w+|vado|vada|vai|andiamo|passar[ei]|passo|passat\w*|pass[ei]|mandat\w*"
        r"|mandano|dirott\w*|convocat\w*|convoc\w*|chiamat\w*|chiam[oa]|contatt\w*|telefon\w*|apert\w*|aprite|apre|chius\w*|orari\w*|operator\w*|operatric\w*"
        r"|consulent\w*|apl|informagiovani|antenna|seguit[oaie]|carico|scendere|salire|disd\w*|annull\w*|rivolg\w*|numero|mail|pec"
        r"|raggiung\w*|assegnat\w*|vostr[oaie]|da voi|voi|parlat\w*|sentit\w*|spedit\w*|inviat\w*|spostar\w*|anticipar\w*|tocca|conviene|meglio (?:a|ad)",
    ),
    (
        Role.WORK,
        r"lavor\w*|esperienz\w*|lavr\w*|impiegat\w*|assunt\w*|assum\w*|aziend\w*|ditt[ae]|fabbrica|fabbriche|stabiliment\w*|cantier\w*|officin\w*|magazzin\w*|negozi\w*|bar"
        r"|ristorant\w*|pizzeri\w*|hotel|albergo|contratt\w*|stage|tirocin\w*|dipendent\w*|turn[oi]|datore|botteg\w*|cooperativ\w*|coop|supermercat\w*"
        r"|mansion\w*|faccio|facevo|faceva|offert\w*|annunci\w*|concors\w*|candid\w*|colloqui\w*|selezion\w*|opportunita|posto|posti|posizion\w*|assunzion\w*"
        r"|curriculum|cv|guadagn\w*|licenziat\w*|stagion\w*|fiat|carrozzeri\w*|stud[ai]\w*|universi\w*|politecnic\w*|scuol\w*|frequent\w*|cors[oi]"
        r"|formazion\w*|diplom\w*|laure\w*|liceo|istituto|itis|lezion\w*|badante|cameriere|cameriera|cuoco|operaio|operaia|commessa|autista|barista|cerco|cerca|cerchiamo|trov\w+",
    ),
    (
        Role.ELSEWHERE,
        r"arriv\w+(?= (?:a|ad|in|fino))|treno|treni|pullman|autobus|bus|tram|metro|stazion\w*|fermata|aeroporto|ospedal\w*|medic\w*|visita|tribunal\w*|questura|inps|inail|patronato|caf|municipio"
        r"|anagrafe|prefettura|mensa|gar[ae]|vacanz\w*|ferie|gita|viaggi\w*|mare|tif\w+|squadra|partita|gioc\w+|fest[ae]|fiera|mercato|carcere|rsa|clinica|asl|concert\w*"
        r"|stadio|giornal\w*|stampa|avvocat\w*|sindacat\w*|cgil|cisl|uil|multa|reggia|museo|castello|lago|fiume|strada|autostrada|uscita|parcheggi\w*"
        r"|comprat\w*|spesa|portat\w*|incident\w*|arrest\w*|compr\w+|vendut\w*|visto|telegiornale|sapete|conosc\w+",
    ),
]
_CUES = re.compile("|".join(f"(?P<r{n}>(?<= )(?:{pattern})(?= |$))" for n, (_, pattern) in enumerate(_PATTERNS)))

# Third persons: "abita" is somebody else's home when a relative stands before it.
_THIRD = re.compile(r"(?:abita|vive|sta|abitano|vivono|stanno|risiede|risiedono|residente|domiciliat\w|trasferit\w)")
_RELATIVE = re.compile(rf" (?:mi[oae]i?|suo|sua|suoi|nostr\w|un|una|il|la|i|le|tuo|tua) (?:\w+ )?{_KIN}(?= )")
_SEVERAL = re.compile(r" (?:i|le|gli|miei|mie) (?:(?!e |ed |ma |io |ora |adesso |qui |pero |che |da )\w+ ){0,5}$")
_ON_BEHALF = re.compile(r" (?:per (?:conto|mi[oa]|un|una|il|la)|assist\w+|aiut\w+) ")
_FIRST = re.compile(r" (?:io|noi|mi|sono|ho|abito|vivo|sto) ")


def find_cues(text: str) -> list[Cue]:
    """The cues of a frame, in order."""
    return list(_cues(text))


def _cues(text: str) -> Iterator[Cue]:
    for match in _CUES.finditer(text):
        role = _PATTERNS[int((match.lastgroup or "r0")[1:])][0]
        if role in (Role.HOME, Role.RESIDENCE, Role.DOMICILE) and _is_of_a_relative(text, match):
            role = Role.RELATIVE
        yield Cue(role, match.start(), match.end(), match.group())


def _is_of_a_relative(text: str, match: re.Match[str]) -> bool:
    """Whether a home is a relative's, not that of the person the message is written for."""
    before = re.split(r" [.;!?\n,]", text[: match.start()])[-1]
    if match.group().startswith("sono"):
        return bool(_SEVERAL.search(before))
    if not _THIRD.match(match.group()):
        return False
    found = _RELATIVE.search(before + " ")
    return (
        bool(found) and not _ON_BEHALF.search(text) and not _FIRST.search(before[found.end() if found else 0 :] + " ")
    )
