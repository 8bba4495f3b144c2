"""The two languages people read: which one a reader wants, and texts that exist in both."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """Languages in which AgentGraph speaks to people; the values are BCP 47 tags."""

    PT = "pt-BR"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in every supported language; may hold `str.format` placeholders."""

    en: str
    pt: str

    def to(self, language: Language, **values: object) -> str:
        """The sentence in `language`, with its placeholders filled from `values`."""
        template = self.pt if language is Language.PT else self.en
        return template.format(**values) if values else template


def negotiate(accept_language: str | None, *, default: Language = Language.EN) -> Language:
    """The supported language that an `Accept-Language` header prefers (RFC 9110, 12.5.4)."""
    best, best_weight = default, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        primary = tag.split("-")[0].lower()
        language = {"pt": Language.PT, "en": Language.EN, "*": default}.get(primary)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
