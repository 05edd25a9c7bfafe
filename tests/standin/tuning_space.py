"""The search of a tuning job, as far as it is played: which hyperparameters a training job gets and how well it does.

Pure: the same seed and the same hyperparameters always give the same objective. Neither time nor AWS's words here.
"""

from __future__ import annotations

import hashlib
import math
import random
from typing import Any

Ranges = dict[str, Any]  # ParameterRanges of the API

_NUMERIC = ("IntegerParameterRanges", "ContinuousParameterRanges")


def bad_range(ranges: Ranges) -> str | None:
    """What is wrong with the ranges beyond the API's model, or None: ends that are no numbers or exchanged."""
    for kind in _NUMERIC:
        for one in ranges.get(kind, ()):
            try:
                low, high = float(one["MinValue"]), float(one["MaxValue"])
            except ValueError:
                return f"The ends of the range of hyperparameter {one['Name']} must be numbers."
            if low > high:
                return f"The MinValue of hyperparameter {one['Name']} must not be greater than its MaxValue."
    return None


def grid_size(ranges: Ranges) -> int:
    """How many combinations the categorical ranges have."""
    return math.prod(len(one["Values"]) for one in ranges.get("CategoricalParameterRanges", ()))


def grid_point(ranges: Ranges, index: int) -> dict[str, str]:
    """One combination of the categorical ranges; the last range changes fastest."""
    tuned: dict[str, str] = {}
    for one in reversed(ranges.get("CategoricalParameterRanges", ())):
        index, place = divmod(index, len(one["Values"]))
        tuned[one["Name"]] = one["Values"][place]
    return tuned


def draw(ranges: Ranges, dice: random.Random) -> dict[str, str]:
    """Hyperparameters drawn from the ranges, as the texts that AWS passes to the algorithm."""
    tuned: dict[str, str] = {}
    for one in ranges.get("IntegerParameterRanges", ()):
        low, high = int(float(one["MinValue"])), int(float(one["MaxValue"]))
        # The ends are widened by a half, so that each of them is drawn as often as its neighbours.
        value = round(_between(low - 0.5, high + 0.5, dice.random(), one.get("ScalingType", "Auto")))
        tuned[one["Name"]] = str(min(max(value, low), high))
    for one in ranges.get("ContinuousParameterRanges", ()):
        low_end, high_end = float(one["MinValue"]), float(one["MaxValue"])
        tuned[one["Name"]] = repr(_between(low_end, high_end, dice.random(), one.get("ScalingType", "Auto")))
    for one in ranges.get("CategoricalParameterRanges", ()):
        tuned[one["Name"]] = dice.choice(one["Values"])
    for one in ranges.get("AutoParameters", ()):
        tuned[one["Name"]] = one["ValueHint"]
    return tuned


def _between(low: float, high: float, part: float, scaling: str) -> float:
    """The value at a part (0 to 1) of a range. A scaling that the range doesn't permit is linear."""
    if scaling == "Logarithmic" and low > 0:
        return float(low * (high / low) ** part)
    if scaling == "ReverseLogarithmic" and low >= 0 and high < 1:
        return float(1 - (1 - low) * ((1 - high) / (1 - low)) ** part)
    return low + (high - low) * part


def objective(tuned: dict[str, str], ranges: Ranges, seed: int, direction: str) -> float:
    """The value of the metric: the better, the nearer all hyperparameters are to a point that the seed hides.

    `direction` is `Maximize` or `Minimize`; values lie between 0 and 1.
    """
    places = _places(tuned, ranges)
    far = [(place - random.Random(f"{seed}/{name}").random()) ** 2 for name, place in places.items()]
    distance = math.fsum(far) / len(far) if far else 0.0
    text = "/".join(f"{name}={value}" for name, value in sorted(tuned.items()))
    noise = int.from_bytes(hashlib.sha256(f"{seed}/{text}".encode()).digest()[:4]) / 2**32 / 100
    loss = 0.9 * distance + noise
    return round(0.05 + loss if direction == "Minimize" else 0.95 - loss, 9)


def _places(tuned: dict[str, str], ranges: Ranges) -> dict[str, float]:
    """Where in its range each hyperparameter lies, from 0 to 1."""
    places: dict[str, float] = {}
    for kind in _NUMERIC:
        for one in ranges.get(kind, ()):
            low, high = float(one["MinValue"]), float(one["MaxValue"])
            if one["Name"] in tuned and high > low:
                places[one["Name"]] = (float(tuned[one["Name"]]) - low) / (high - low)
    for one in ranges.get("CategoricalParameterRanges", ()):
        if one["Name"] in tuned and len(one["Values"]) > 1:
            places[one["Name"]] = one["Values"].index(tuned[one["Name"]]) / (len(one["Values"]) - 1)
    return places
