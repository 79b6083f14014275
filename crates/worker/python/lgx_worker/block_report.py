"""How a block of the event loop is told: where, how long, which runs it stalled, and once for each place what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from lgx_worker.blocked_place import Place
from lgx_worker.blocking_remedies import remedy

STUCK = 2.0
"""Seconds after which it is reported without waiting for its end."""
LONG_IMPORT = 10.0
"""Seconds after which an import is worth a warning. A shorter one is told at level debug: it happens once."""
_MOST_NAMED = 3
_NAME = 6
"""So many characters of the end of a run's id are shown everywhere in the terminal."""


class Wording:
    """What to do is said once for each place."""

    def __init__(self) -> None:
        self._advised: set[str | None] = set()

    def blocked(self, place: Place, seconds: float, executing: Sequence[str] = ()) -> str:
        """A block that is over, while these runs were executing."""
        others = _others(place, executing)
        return f"{place.subject()} blocked the event loop for {seconds:.1f} s{self._rest(place, others, 'waited')}"

    def stuck(self, place: Place, seconds: float, executing: Sequence[str] = ()) -> str:
        """A block that goes on."""
        others = _others(place, executing)
        rest = self._rest(place, others, "waits" if len(others) == 1 else "wait")
        return f"{place.subject()} has blocked the event loop for {seconds:.1f} s and goes on{rest}"

    def over(self, place: Place, seconds: float) -> str:
        """The end of a block that has been told."""
        return f"{place.subject()} let go of the event loop after {seconds:.1f} s"

    def _rest(self, place: Place, others: Sequence[str], waited: str) -> str:
        stalled = f"; {_named(others)} {waited} meanwhile" if others else ""
        about = place.importing or place.project or place.library
        if about in self._advised:
            return stalled
        self._advised.add(about)
        consequence = (stalled or "; no other run goes on meanwhile") + "."
        if place.importing is not None:
            return f"{consequence} Import it at the top of a module: then it is loaded before the first run."
        return consequence if place.project is None else f"{consequence} {remedy(place)}"


def level(place: Place, seconds: float) -> str:
    """How closely one has to look to be told of a block that is over: what nobody can change is for level debug."""
    if place.importing is not None:
        return "debug"
    return "warning" if place.project is not None or seconds >= STUCK else "debug"


def _others(place: Place, executing: Sequence[str]) -> list[str]:
    return [run for run in executing if run != place.run_id]


def _named(runs: Sequence[str]) -> str:
    named = ", ".join(run[-_NAME:] for run in runs[:_MOST_NAMED])
    more = len(runs) - _MOST_NAMED
    return f"{'run' if len(runs) == 1 else 'runs'} {named}" + (f" and {more} more" if more > 0 else "")
