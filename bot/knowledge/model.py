"""The shapes of what is known. Dates of sources may be a year, a month or a day, as the source gives them."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Province = Literal["AL", "AT", "BI", "CN", "NO", "TO", "VB", "VC"]

PROVINCE_NAMES: dict[Province, str] = {
    "AL": "Alessandria",
    "AT": "Asti",
    "BI": "Biella",
    "CN": "Cuneo",
    "NO": "Novara",
    "TO": "Torino",
    "VB": "Verbano-Cusio-Ossola",
    "VC": "Vercelli",
}


def _partial_date(value: str) -> str:
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value):
        raise ValueError("una data si scrive AAAA, AAAA-MM o AAAA-MM-GG")
    return value


PartialDate = Annotated[str, AfterValidator(_partial_date)]


def latest_day(partial: PartialDate) -> date:
    """The last day a partial date can mean: facts are aged from there, so that a bare year is not called old too soon."""
    parts = [int(part) for part in partial.split("-")]
    if len(parts) == 3:
        return date(*parts)
    year, month = parts[0], parts[1] if len(parts) == 2 else 12
    return date(year + month // 12, month % 12 + 1, 1).replace(day=1) - date.resolution


class Fact(BaseModel):
    """Base of everything loaded: no unknown keys, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Fact):
    """Where a fact comes from."""

    title: str = Field(min_length=3)
    url: str | None
    date: PartialDate | None


class OpeningHours(Fact):
    """One line of opening hours, as far as the source tells; nulls are unknown."""

    days: str | None
    from_: str | None = Field(alias="from")
    to: str | None
    by_appointment: bool = False
    note: str | None = None


class PlannedMove(Fact):
    """A move that was announced; nobody confirmed that it happened."""

    address: str | None = None
    expected: str | None = None
    status: str | None = None
    note: str | None = None


class Desk(Fact):
    """A desk held elsewhere by a centre, with its own date."""

    name: str
    opening_hours: tuple[OpeningHours, ...] | None
    as_of: PartialDate


class Centre(Fact):
    """A job centre or another service point. `status` announced is not open; `existence` unconfirmed is only a name."""

    id: str
    name: str
    kind: Literal[
        "cpi", "cpi_new", "youth_space", "reinforcement", "polo_occupabilita", "accredited_partner", "network"
    ]
    status: Literal["open", "announced"]
    existence: Literal["confirmed", "unconfirmed"]
    role: Literal["sede_principale", "antenna"] | None = None
    parent_id: str | None = None
    municipality: str
    province: Province
    address: str | None
    cap: str | None
    cap_basis: str | None
    phone: str | None
    email: str | None
    email_use: str | None = None
    pec: str | None = None
    opening_hours: tuple[OpeningHours, ...] | None
    served_municipalities: tuple[str, ...] | None
    planned_move: PlannedMove | None = None
    related_ids: tuple[str, ...] = ()
    coordinator_id: str | None = None
    desks: tuple[Desk, ...] = ()
    sites_count: int | None = None
    member_municipalities: tuple[str, ...] = ()
    accreditation: dict[str, str | int] | None = None
    lat: float
    lon: float
    coords_precision: str
    as_of: PartialDate | None
    source_strength: str | None
    verified: dict[str, bool]
    notes: str | None
    sources: tuple[Source, ...]
    owner: str | None = None  # who keeps it true: a person or an office
    review_by: date | None = None

    @property
    def is_job_centre(self) -> bool:
        """Whether a citizen can be sent here as to a job centre that exists and is open."""
        return self.kind == "cpi" and self.status == "open" and self.existence == "confirmed"


class Aspects(Fact):
    """The parts of an answer people ask for on their own."""

    who: str
    how: tuple[str, ...]
    documents: tuple[str, ...]
    amount: str | None = None
    time: str | None = None
    where: str | None = None


class Service(Fact):
    """One knowledge entry: the topic of the intent `faq/<id>`."""

    id: str
    title: str = Field(max_length=40)
    category: str
    audience: Literal["cittadini", "imprese", "entrambi"]
    bookable: bool
    answer: str = Field(max_length=420)
    aspects: Aspects
    caveat: str | None
    legal_reference: str | None
    related: tuple[str, ...]
    verification: Literal["sourced", "partly_sourced"]
    as_of: PartialDate
    sources: tuple[Source, ...] = Field(min_length=1)
    owner: str | None = None  # who keeps it true: a person or an office
    review_by: date | None = None


class Municipality(Fact):
    """A municipality of Piedmont. `basis` says why a centre is given: only `host` and `reported` name a competent one."""

    municipality: str
    province: Province
    # two in Torino: which one depends on the quarter, and no source says how
    cpi_ids: tuple[str, ...]
    basis: Literal["host", "reported", "nearest"]
    source: str
    nearest_cpi_ids: tuple[str, ...] = Field(min_length=1)
    distance_km: float
    lat: float
    lon: float
    istat_code: str
    cap: tuple[str, ...]

    @property
    def name(self) -> str:
        """The official name."""
        return self.municipality
