"""Pictures of a Vega-Lite specification, drawn in this process without a browser and without reaching the network.

Both functions block: some 50 ms each, and about a second on the first call of a process, which starts a JavaScript
engine with threads of its own. They may be called from several threads; a process must not fork after the first call.
"""

from collections.abc import Mapping
from typing import Any

import vl_convert

from app.agentgraph.charts.vega import NUMBER_LOCALES, TIME_LOCALES
from app.core.i18n import Language

VEGA_LITE_VERSION = "6.4"
MAX_SCALE = 4.0


def render_png(spec: Mapping[str, Any], *, language: Language, scale: float = 2.0) -> bytes:
    """The chart as a PNG, `scale` pixels for each unit of the specification (at most 4)."""
    picture: bytes = vl_convert.vegalite_to_png(dict(spec), scale=min(scale, MAX_SCALE), **_options(language))
    return picture


def render_svg(spec: Mapping[str, Any], *, language: Language) -> str:
    """The chart as an SVG document."""
    picture: str = vl_convert.vegalite_to_svg(dict(spec), **_options(language))
    return picture


def _options(language: Language) -> dict[str, Any]:
    """Locale, version, and no address at all from which a specification might load data."""
    return {
        "vl_version": VEGA_LITE_VERSION,
        "allowed_base_urls": [],
        "format_locale": NUMBER_LOCALES[language],
        "time_format_locale": TIME_LOCALES[language],
    }
