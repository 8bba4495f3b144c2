"""The prompts: one text file each, with `$name` placeholders that are checked when a prompt is loaded."""

from dataclasses import dataclass
from pathlib import Path
from string import Template

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text whose placeholders are exactly `placeholders`."""

    name: str
    template: Template
    placeholders: frozenset[str]

    def fill(self, **values: str) -> str:
        """The text with every placeholder replaced. Raises ValueError unless exactly those are given."""
        if values.keys() != self.placeholders:
            raise ValueError(f"prompt {self.name} takes {sorted(self.placeholders)}, not {sorted(values)}")
        return self.template.substitute(values)


def load_prompt(name: str, *placeholders: str) -> Prompt:
    """The prompt in `name`.txt. Raises ValueError when its placeholders are not `placeholders`."""
    template = Template((FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip())
    found = frozenset(template.get_identifiers())
    if not template.is_valid() or found != frozenset(placeholders):
        raise ValueError(f"prompt {name} has the placeholders {sorted(found)}, not {sorted(placeholders)}")
    return Prompt(name=name, template=template, placeholders=found)


def language_name(tag: str) -> str:
    """How a prompt names the language with the BCP 47 `tag`."""
    return {"pt-BR": "Brazilian Portuguese", "en": "English"}[tag]
