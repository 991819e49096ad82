"""Messages that tell of danger, recognised by words besides by examples: here a false alarm costs less than a miss.

Figures of speech ("sto morendo di caldo") are kept out by requiring who does what to whom.
"""

import re

from bot.nlu.text import expand

_PATTERNS = (
    # to die, to harm oneself
    r"\b(voglio|vorrei|preferirei|meglio) morire\b",
    r"\b(mi|me) (ammazzo|uccido|butto (giu|dal|dalla|sotto)|impicco|taglio le vene)\b",
    r"\b(ammazzarmi|uccidermi|suicid\w+ (io|stasera|oggi|adesso)|suicidarmi|mi suicido|impiccarmi|buttarmi (giu|sotto|dal|dalla))\b",
    r"\b(la faccio|farla|voglio farla|faccio) finita\b(?! con)",
    r"\b(non voglio piu vivere|non ha piu senso vivere|togliermi la vita|mi tolgo la vita|non svegliarmi piu|stanc[oa] di vivere|farmi del male)\b",
    r"\b(non ho (piu )?(nessuna )?voglia|passata la voglia|persa la voglia) di vivere\b",
    r"\bvoglia di (morire|farla finita|ammazzarmi|uccidermi)\b",
    # children and others beaten
    r"\b(bambin[oaie]|figli[oae]?|moglie|mamma|nonna)\b.{0,60}\bpicchi\w*\b",
    r"\bpicchi\w*\b.{0,30}\b(bambin[oaie]|figli[oae]?|moglie|mamma|nonna)\b",
    # violence suffered or threatened
    r"\b(faccio|fare|farei) una strage\b",
    r"\b(mi|ci) (picchia|picchiano|mena|menano|(ha|hanno) picchiat[oaie]|(ha|hanno) menat[oaie]|ha messo le mani addosso|ha dato un pugno|prende a botte|riempie di botte|strangola|ha strangolat[oa])\b",
    r"\b(mio marito|il mio compagno|mio padre|il mio ex|il mio ragazzo|mia moglie|il mio fidanzato|lui) (mi|ci) (minaccia|picchia|mena|ammazza|vuole ammazzare|tiene chius[ae]|segue|aspetta (sotto|fuori))\b",
    r"\b(mi|ci) (vuole|vogliono) (ammazzare|uccidere)\b",
    r"\b(ha|con) (un coltello|una pistola|il coltello|la pistola)\b",
    r"\b(vi|ti|li|lo) (ammazzo|uccido|spacco la (testa|faccia)|brucio (il|l)|sparo)\b",
    r"\bvengo (li|la|da voi) (e|con) .{0,30}\b(spacco|brucio|coltello|pistola|ammazzo|faccio saltare)\b",
    r"\b(abus\w+ di me|violentat[ao]|stuprat[ao]|stupr\w+)\b",
    # exploitation with threats
    r"\b(passaporto|documenti|documento) .{0,40}\b(se li tiene|me lo tiene|mi ha preso|non me li ridanno|non me lo ridanno|sequestrat\w+)\b",
)
_DANGER = re.compile("|".join(_PATTERNS))


def tells_of_danger(text: str) -> bool:
    """Whether the words alone are enough to answer with emergency numbers before anything else."""
    return _DANGER.search(expand(text)) is not None
