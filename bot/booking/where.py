"""From a place to the sites to look at: the centre of the municipality, then the province, then the region."""

from typing import cast

from bot.agenda.model import Service, Site
from bot.answers.centres import centres_near
from bot.booking.desk import Desk
from bot.booking.state import Ring, State
from bot.knowledge.model import PROVINCE_NAMES, Municipality, Province
from bot.knowledge.nearest import distance_km

RINGS: tuple[Ring, ...] = ("centre", "province", "region")


def centres_of(desk: Desk, municipality: str) -> list[str]:
    """The sites with an agenda to speak of for a municipality; empty when its centre has none."""
    return [centre.id for centre in centres_near(desk.knowledge, municipality) if centre.id in desk.sites]


def sites_in(desk: Desk, state: State, ring: Ring) -> list[str]:
    """The sites of a ring around the place of this talk, nearest first."""
    if ring == "centre":
        return centres_of(desk, state.municipality) if state.municipality else list(state.sites)
    home = home_of(desk, state)
    if home is None:
        return []
    sites = [site for site in desk.sites.values() if ring == "region" or site.province == home.province]
    return [site.id for site in sorted(sites, key=lambda site: distance_km(home, site))]


def home_of(desk: Desk, state: State) -> Municipality | Site | None:
    """Where distances are counted from: the municipality, else the site named."""
    if state.municipality:
        return desk.knowledge.by_municipality[state.municipality]
    return desk.sites.get(state.sites[0]) if state.sites else None


def next_ring(ring: Ring) -> Ring | None:
    """The wider ring, or None after the region."""
    index = RINGS.index(ring) + 1
    return RINGS[index] if index < len(RINGS) else None


def which_centre(desk: Desk, state: State) -> str:
    """What to say about the site found: nothing when it is in the municipality itself, else that it is the nearest."""
    municipality = state.municipality
    if municipality is None or not state.sites:
        return ""
    sites = [desk.sites[site] for site in state.sites]
    if any(site.municipality == municipality for site in sites):
        return ""
    names = " e ".join(site.title for site in sites)
    reported = desk.knowledge.by_municipality[municipality].basis == "reported"
    return (
        f"Per {municipality} guardo qui: {names}."
        if reported
        else f"Il centro più vicino a {municipality} è questo: {names}."
    )


def in_words(desk: Desk, state: State) -> str:
    """The places looked at, for a sentence: "a Pinerolo", "in provincia di Cuneo", "in tutto il Piemonte"."""
    if state.ring == "region":
        return "in tutto il Piemonte"
    home = home_of(desk, state)
    if state.ring == "province" and home is not None:
        return f"in provincia di {PROVINCE_NAMES[cast(Province, home.province)]}"
    return "presso " + " o ".join(desk.sites[site].title for site in state.sites[:3])


def offering(desk: Desk, topics: tuple[str, ...]) -> list[Service]:
    """The bookable services about the topics named, in the order of the agenda."""
    return [service for service in desk.services.values() if set(topics) & set(service.topics)]
