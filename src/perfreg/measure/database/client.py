"""One client: a session of its own, on which it goes through the work passage after passage."""

from __future__ import annotations

import threading
from time import perf_counter_ns
from typing import final

from perfreg.measure.database.failure import errors
from perfreg.measure.database.ledger import Page
from perfreg.measure.database.session import Session
from perfreg.measure.database.turns import Turns
from perfreg.measure.database.values import Bindings
from perfreg.measure.database.work import Passage, Work

_PAUSE_AFTER_ERROR_S = 0.05


@final
class Client:
    """Used by one thread. It works until there are no turns, its connection is lost for good, or all is ``over``."""

    def __init__(self, session: Session, work: Work, bindings: Bindings, over: threading.Event) -> None:
        self._session = session
        self._work = work
        self._bindings = bindings
        self._over = over
        self.stopped_by = ""
        """Why it could not go on, empty while it can."""
        self.fetched = False
        self.worked_ns = 0

    def warm_up(self, page: Page, numbers: range) -> None:
        """Go through the work with the values of those ``numbers``, the time not being taken."""
        for number in numbers:
            if not self.stopped_by and not self._over.is_set():
                self._once(page, number)

    def work(self, page: Page, turns: Turns, first: int) -> None:
        """Take all the turns there are. The values of the passages are those from number ``first`` on."""
        began = perf_counter_ns()
        hurries = turns.in_time and not turns.open_loop
        while not self.stopped_by and (turn := turns.take()) is not None:
            ready = perf_counter_ns()
            due = turn.due or ready
            if due > ready:
                if self._over.wait((due - ready) / 1e9):
                    break
                ready = due
            sent = perf_counter_ns()
            passage = self._once(page, first + turn.number)
            if passage is not None:
                finished = perf_counter_ns()
                which = turns.slice_of(turn.number, finished)
                times = (finished - due, finished - sent, passage.query_ns, passage.fetch_ns, sent - ready)
                page.write((which, *times, *passage.parts), passage.rows)
            elif hurries:  # whoever refuses at once would be asked again without end
                self._over.wait(_PAUSE_AFTER_ERROR_S)
        self.worked_ns = perf_counter_ns() - began
        page.flush()

    def _once(self, page: Page, number: int) -> Passage | None:
        try:
            passage = self._work.run(self._session, self._bindings.at(number))
        except errors() as error:
            failure, self.stopped_by = self._session.give_up(error, within=bool(self._work.begin))
            page.fail(failure.kind, failure.message)
            return None
        self.fetched = self.fetched or passage.fetched
        return passage
