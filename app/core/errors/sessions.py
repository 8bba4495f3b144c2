"""Errors of conversations; part of the tree in `app.core.errors`.

Conflict (409)               SessionBusy · SessionEnded · SessionAgentGone
"""

from app.core.errors import Conflict
from app.core.i18n import Text


class SessionBusy(Conflict):
    """`query_id` is the question that is not answered yet."""

    code = "session_busy"
    title = Text(en="The conversation is busy", pt="A conversa está ocupada")
    detail = Text(
        en="A question of this conversation is not answered yet, and one is answered at a time. Wait for it to end.",
        pt="Uma pergunta desta conversa ainda não foi respondida, e só uma é respondida por vez. Espere ela terminar.",
    )


class SessionEnded(Conflict):
    code = "session_ended"
    title = Text(en="The conversation has ended", pt="A conversa foi encerrada")
    detail = Text(
        en="This conversation has ended. Resume it to ask more.",
        pt="Esta conversa foi encerrada. Retome-a para perguntar mais.",
    )


class SessionAgentGone(Conflict):
    code = "session_agent_gone"
    title = Text(en="The agent is gone", pt="O agente não existe mais")
    detail = Text(
        en="The agent of this conversation no longer exists, so nothing can be asked in it. What was said stays.",
        pt="O agente desta conversa não existe mais, então não se pode perguntar nela. O que foi dito permanece.",
    )
