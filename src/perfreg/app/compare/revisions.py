"""Compare two revisions of the code: both are checked out and built, each in a tree of its own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from perfreg.app.compare.acceptance import acceptances
from perfreg.app.compare.comparing import base_unusable, broken, compare
from perfreg.app.compare.request import CompareRequest
from perfreg.app.compare.side import Side, Sides
from perfreg.app.observer import Observer
from perfreg.errors import ServiceError, UsageError
from perfreg.measure import source
from perfreg.measure.revisions import Revision, built, checked_out, keep_apart, lag, resolve
from perfreg.model.comparison import SideName
from perfreg.model.result import Result
from perfreg.report import words


def compare_revisions(request: CompareRequest, base: str, head: str, observer: Observer) -> Result:
    """Compare the revisions that ``base`` and ``head`` name; "." is the tree as it is.

    A head that cannot be built is broken. Raises `PerfregError` when a revision cannot be had or base cannot be built.
    """
    _refuse_one_server(request)
    directory, env = request.directory, request.env
    observer.stage(f"looking up {base} and {head}")
    revisions = {ref: resolve(directory, ref, env, report=observer.stage) for ref in (base, head)}
    before, after = revisions[base], revisions[head]
    with ExitStack() as trees:

        def side(name: SideName, revision: Revision) -> Side:
            tree = trees.enter_context(checked_out(directory, revision, env, report=observer.stage))
            return _side(request, name, revision, tree)

        sides = Sides(head=side("head", after), base=side("base", before))
        try:
            _build(request, sides.head, after, observer)
        except ServiceError as error:
            return broken(request, sides, str(error))
        try:
            _build(request, sides.base, before, observer)
        except ServiceError as error:
            raise base_unusable("built", error) from error
        apart = keep_apart([sides.base.directory, sides.head.directory], env)
        sides = Sides(
            base=replace(sides.base, env=apart.environments[0]), head=replace(sides.head, env=apart.environments[1])
        )
        seen = source.detect(sides.head.directory, env, base_branch=request.config.baseline.base_branch)
        accepted = acceptances(sides.head.directory, env, seen, since=before.commit, store=request.store)
        result = compare(request, sides, observer, acceptance_of=accepted)
    return replace(result, notes=(*_notes(request, before, after), *apart.warnings, *result.notes))


def _side(request: CompareRequest, name: SideName, revision: Revision, tree: Path) -> Side:
    return Side(
        name=name,
        label=revision.ref,
        commit=revision.commit,
        dirty=revision.dirty,
        note="" if revision.dirty else revision.note,
        directory=tree,
        env=request.env,
        service=request.config.service,
        base_url=request.config.base_url or "",
    )


def _build(request: CompareRequest, side: Side, revision: Revision, observer: Observer) -> None:
    log = request.output / f"build-{side.name}.log"
    built(side.service, side.directory, revision, request.env, log, report=observer.stage)


def _refuse_one_server(request: CompareRequest) -> None:
    """Without a service to start for each side, both would load the same server, which is neither."""
    loaded = next((spec for spec in request.scenarios if spec.type == "api"), None)
    if loaded is not None and request.config.service is None:
        raise UsageError(
            "there is no service to start, so base and head would be the same server",
            where=f"test_scenarios.{loaded.name}",
            hint="configure 'service:', or name what already runs with --base-url and --head-url",
        )


def _notes(request: CompareRequest, base: Revision, head: Revision) -> tuple[str, ...]:
    if base.commit and base.commit == head.commit and not head.dirty:
        return ("base and head are the same code: what differs is noise",)
    behind = lag(request.directory, base, head, request.env)
    if not behind:
        return ()
    commits = words.count(behind, "commit")
    return (f"base has {commits} that head lacks: what they changed shows here too, the other way round",)
