"""Draws specifications of charts as pictures inside a child, where a hanging or swollen one can be killed."""

import base64
from typing import Any

import vl_convert

VEGA_LITE_VERSION = "6.4"


class PictureEngine:
    """Renders Vega-Lite without a browser, and without any address from which a specification might load data."""

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """`{picture}` in base64, of a request `{form: png | svg, spec, scale, number_locale, time_locale}`."""
        spec = request["spec"]
        options = {
            "vl_version": VEGA_LITE_VERSION,
            "allowed_base_urls": [],
            "format_locale": request["number_locale"],
            "time_format_locale": request["time_locale"],
        }
        try:
            if request["form"] == "png":
                picture: bytes = vl_convert.vegalite_to_png(spec, scale=request["scale"], **options)
            else:
                picture = vl_convert.vegalite_to_svg(spec, **options).encode()
        except ValueError as error:
            return {"error": "picture", "message": str(error)[:200]}
        return {"picture": base64.b64encode(picture).decode()}
