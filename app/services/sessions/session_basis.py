"""What a conversation rests on: the agent and sources that its last question met, and what has changed since."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core.i18n import Language, Text
from app.repositories.agents import AskedAgent


class ChangeKind(StrEnum):
    """What happened to the agent of a conversation, or to one of its sources."""

    AGENT_CHANGED = "agent_changed"
    AGENT_GONE = "agent_gone"
    SOURCE_ADDED = "source_added"
    SOURCE_CHANGED = "source_changed"
    SOURCE_GONE = "source_gone"


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `name` is that of the source."""

    kind: ChangeKind
    name: str = ""


SENTENCES = {
    ChangeKind.AGENT_CHANGED: Text(
        en="The agent's configuration has changed since the last answer.",
        pt="A configuração do agente mudou desde a última resposta.",
    ),
    ChangeKind.AGENT_GONE: Text(
        en="The agent of this conversation no longer exists; nothing more can be asked in it.",
        pt="O agente desta conversa não existe mais; não se pode perguntar mais nada nela.",
    ),
    ChangeKind.SOURCE_ADDED: Text(
        en="The agent reads one more source now: {name}.", pt="O agente agora lê mais uma fonte: {name}."
    ),
    ChangeKind.SOURCE_CHANGED: Text(
        en="{name} has other data than at the last answer; earlier figures may no longer hold.",
        pt="{name} tem outros dados desde a última resposta; os números anteriores podem não valer mais.",
    ),
    ChangeKind.SOURCE_GONE: Text(
        en="{name} can no longer be read here: it was removed, or you lost the right to it.",
        pt="{name} não pode mais ser lido aqui: foi removido, ou você perdeu o direito a ele.",
    ),
}


def basis_of(agent: AskedAgent) -> dict[str, Any]:
    """What an answer given now would rest on, as it is stored."""
    sources = {
        str(source.file_id): {"name": source.file_name, "version": str(source.version_id)} for source in agent.sources
    }
    sources |= {
        str(database.id): {"name": database.name, "version": str(database.snapshot_id)} for database in agent.databases
    }
    return {"agent_version": agent.version, "sources": sources}


def changes(before: dict[str, Any] | None, agent: AskedAgent | None) -> list[Change]:
    """What is different from `before`; nothing for a conversation in which nothing was asked yet."""
    if agent is None:
        return [Change(ChangeKind.AGENT_GONE)]
    if before is None:
        return []
    now = basis_of(agent)
    old, new = before["sources"], now["sources"]
    found = [] if before["agent_version"] == now["agent_version"] else [Change(ChangeKind.AGENT_CHANGED)]
    found += [Change(ChangeKind.SOURCE_GONE, source["name"]) for key, source in old.items() if key not in new]
    for key, source in new.items():
        if key not in old:
            found.append(Change(ChangeKind.SOURCE_ADDED, source["name"]))
        elif source["version"] != old[key]["version"]:
            found.append(Change(ChangeKind.SOURCE_CHANGED, source["name"]))
    return found


def sentence(change: Change, language: Language) -> str:
    """The change in words."""
    name = change.name or _DATABASE.to(language)
    return SENTENCES[change.kind].to(language, name=name)


_DATABASE = Text(en="the database", pt="o banco de dados")
