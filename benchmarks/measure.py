"""Timing that survives a shared machine: everything takes turns in one run, and ratios are what counts."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Step = Callable[[int], object]


@dataclass(frozen=True)
class Timing:
    """The times of one step, milliseconds."""

    p50: float
    p95: float


def interleaved(
    steps: Mapping[str, Step], rounds: int, warm_up: int = 20, *, any_order: bool = False
) -> dict[str, Timing]:
    """Run each step once a round, in turns; what disturbs the machine disturbs all alike.

    What ran just before a step warms or cools it. Steps that do not need each other take turns in `any_order`, drawn
    anew each round, so that none always follows the same one.
    """
    chance = random.Random(1)  # noqa: S311 (the same each time)
    times: dict[str, list[float]] = {name: [] for name in steps}
    turns = list(steps.items())
    for number in range(warm_up + rounds):
        if any_order:
            chance.shuffle(turns)
        for name, step in turns:
            began = time.perf_counter()
            step(number)
            if number >= warm_up:
                times[name].append((time.perf_counter() - began) * 1000)
    return {name: timing(values) for name, values in times.items()}


def timing(values: list[float]) -> Timing:
    """Return median and 95th percentile."""
    ordered = sorted(values)
    return Timing(ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)])
