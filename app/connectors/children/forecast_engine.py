"""Fits exponential smoothing to one series inside a child, and checks it on the end of what is known."""

import math
import os
import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
"""Threads of the algebra library reserve memory for each and gain nothing on so few numbers."""
HELD_BACK = 5
"""The check leaves out no more than one in so many of the periods."""
MIN_SEASONS = 2
"""Whole seasons that must be known before one is looked for."""


@dataclass(frozen=True, slots=True)
class Form:
    """One of the models of exponential smoothing, all with additive errors, whose intervals are exact."""

    name: str
    trend: bool
    season: bool


FORMS = (
    Form("simple", trend=False, season=False),
    Form("damped_trend", trend=True, season=False),
    Form("seasonal", trend=False, season=True),
    Form("damped_trend_seasonal", trend=True, season=True),
)


class ForecastEngine:
    """Chooses the form with the lowest corrected information criterion (AICc), as is usual for small samples."""

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """`{method, mean, low, high, held, error, naive_error}` of `{values, season, steps, level}`.

        `error` is the mean absolute error of the chosen form on the last `held` periods, fitted without them, and
        `naive_error` that of repeating the last season or value. `{error: fit}` when no form can be fitted.
        """
        values = [float(value) for value in request["values"]]
        season, steps, level = int(request["season"]), int(request["steps"]), float(request["level"])
        if max(values) == min(values):
            same = [values[0]] * steps
            return {"method": "constant", "mean": same, "low": same, "high": same, "held": 0}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _forecast(values, season if len(values) >= MIN_SEASONS * season + 8 else 0, steps, level)


def _forecast(values: list[float], season: int, steps: int, level: float) -> dict[str, Any]:
    fits = [(form, fit) for form in FORMS if (season or not form.season) and (fit := _fit(values, form, season))]
    able = [(form, fit) for form, fit in fits if math.isfinite(fit.aicc)]
    if not able:
        return {"error": "fit", "message": ""}
    form, fit = min(able, key=lambda pair: pair[1].aicc)
    check, wider = _checked(values, form, season, steps, level)
    found = _predicted(fit, values, steps, level)
    return {
        "method": form.name,
        "mean": [mean for mean, _ in found],
        "low": [mean - half * wider for mean, half in found],
        "high": [mean + half * wider for mean, half in found],
        **check,
    }


def _predicted(fit: Any, values: list[float], steps: int, level: float) -> list[tuple[float, float]]:
    """Mean and half of the interval of each step.

    The library divides the squared residuals by their number; here they are divided by the degrees of freedom that the
    parameters leave, because with a season a short sample would look far surer than it is.
    """
    scale, free = _scale(values), max(len(values) - len(fit.params), 1)
    spread = math.sqrt(len(values) / free)
    frame = fit.get_prediction(len(values), len(values) + steps - 1).summary_frame(alpha=1 - level)
    means, highs = ([float(x) * scale for x in frame[name]] for name in ("mean", "pi_upper"))
    return [(mean, (high - mean) * spread) for mean, high in zip(means, highs, strict=True)]


def _checked(values: list[float], form: Form, season: int, steps: int, level: float) -> tuple[dict[str, Any], float]:
    """The errors on the end of what is known, and by how much they are wider than the interval promised there."""
    held = min(steps, len(values) // HELD_BACK)
    known, real = values[:-held], values[-held:]
    fit = _fit(known, form, season)
    if fit is None:
        return {"held": 0}, 1.0
    found = _predicted(fit, known, held, level)
    naive = [known[-season + i % season] if form.season else known[-1] for i in range(held)]
    normal = NormalDist().inv_cdf((1 + level) / 2)
    off = [((value - mean) * normal / half) ** 2 for (mean, half), value in zip(found, real, strict=True) if half]
    wider = max(1.0, math.sqrt(math.fsum(off) / len(off))) if off else 1.0
    return {"held": held, "error": _miss([m for m, _ in found], real), "naive_error": _miss(naive, real)}, wider


def _fit(values: list[float], form: Form, season: int) -> Any:
    """The fitted model of scaled values; None where the sample does not allow this form."""
    from pandas import Series
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    scale = _scale(values)
    try:
        model = ETSModel(
            Series([value / scale for value in values]),
            error="add",
            trend="add" if form.trend else None,
            damped_trend=form.trend,
            seasonal="add" if form.season else None,
            seasonal_periods=season if form.season else None,
        )
        return model.fit(disp=False)
    except (ValueError, ArithmeticError):
        return None


def _scale(values: list[float]) -> float:
    """Brings values near one, where the search for the parameters is at its best."""
    return math.fsum(abs(value) for value in values) / len(values) or 1.0


def _miss(found: list[float], real: list[float]) -> float:
    return math.fsum(abs(a - b) for a, b in zip(found, real, strict=True)) / len(real)
