"""One message as the talk about an appointment hears it."""

from dataclasses import dataclass, field

from bot.knowledge.places import PlaceReading
from bot.nlu.when import When


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was said or pressed. `text` is empty when a button was pressed; then `pressed` has what it carries."""

    text: str
    intent: str  # full name, such as faq/did; what the button is for when one was pressed
    sure: bool  # whether the assistant would act on the intent
    place: PlaceReading
    when: When
    # the one municipality or site named, whether or not it is where the person lives
    named_municipality: str | None = None
    named_site: str | None = None
    home: str | None = None  # the municipality they said they live in, earlier in the conversation
    topics: tuple[str, ...] = ()  # knowledge entries named or asked about, likeliest first
    code: str | None = None
    pressed: dict[str, str] = field(default_factory=dict)

    @property
    def is_button(self) -> bool:
        """Whether a button was pressed."""
        return not self.text
