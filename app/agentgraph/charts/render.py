"""Pictures of a Vega-Lite specification, without a browser and without reaching the network.

The two `render_` functions draw in this process and block: some 50 ms each, and half a second on the first call of a
process, which starts a JavaScript engine with threads of its own, so that it must not fork afterwards. A server hands
`picture_request` to a child instead, which can be killed.
"""

import base64
from collections.abc import Mapping
from typing import Any, Literal

from app.agentgraph.charts.vega import NUMBER_LOCALES, TIME_LOCALES
from app.core.i18n import Language

MAX_SCALE = 4.0
DEFAULT_SCALE = 2.0
Form = Literal["png", "svg"]


def render_png(spec: Mapping[str, Any], *, language: Language, scale: float = DEFAULT_SCALE) -> bytes:
    """The chart as a PNG, `scale` pixels for each unit of the specification (at most 4). Raises ValueError."""
    return _render(picture_request(spec, "png", language=language, scale=scale))


def render_svg(spec: Mapping[str, Any], *, language: Language) -> str:
    """The chart as an SVG document. Raises ValueError."""
    return _render(picture_request(spec, "svg", language=language)).decode()


def picture_request(
    spec: Mapping[str, Any], form: Form, *, language: Language, scale: float = DEFAULT_SCALE
) -> dict[str, Any]:
    """What `PictureEngine` is asked for the picture of `spec` with the numbers and dates of `language`."""
    return {
        "form": form,
        "spec": dict(spec),
        "scale": min(scale, MAX_SCALE),
        "number_locale": NUMBER_LOCALES[language],
        "time_locale": TIME_LOCALES[language],
    }


def _render(request: dict[str, Any]) -> bytes:
    from app.connectors.children.picture_engine import PictureEngine

    answer = PictureEngine().run(request)
    if "picture" not in answer:
        raise ValueError(answer["message"])
    return base64.b64decode(answer["picture"])
