"""Timing that survives a shared machine: everything takes turns in one run, and ratios are what counts."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Step = Callable[[int], object]


@dataclass(frozen=True)
class Timing:
    """The times of one step, milliseconds."""

    p50: float
    p95: float


def interleaved(steps: Mapping[str, Step], rounds: int, warm_up: int = 20) -> dict[str, Timing]:
    """Run each step once a round, in turns; what disturbs the machine disturbs all alike."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(warm_up + rounds):
        for name, step in steps.items():
            began = time.perf_counter()
            step(number)
            if number >= warm_up:
                times[name].append((time.perf_counter() - began) * 1000)
    return {name: timing(values) for name, values in times.items()}


def timing(values: list[float]) -> Timing:
    """Return median and 95th percentile."""
    ordered = sorted(values)
    return Timing(ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)])
