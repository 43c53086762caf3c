"""Settings become the text of a file. Pure: sources are handed in."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from perfreg.templating.escape import Written, comment
from perfreg.templating.settings import EVERYTHING, Settings
from perfreg.templating.target import Target

_WIDTH = 116


def render(target: Target, settings: Settings, source: Callable[[str], str]) -> str:
    """The file of ``target``. ``source`` gives the template of a name.

    Every value is written by the target's own language, so none of them can be more than one string. Raises
    `UsageError` for a value that the language cannot hold.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - these are YAML, Groovy and Dockerfiles: `value` escapes for each of them
        loader=FunctionLoader(source),
        variable_start_string="<[",
        variable_end_string="]>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        finalize=target.language.value,
    )

    def block(text: str, indent: int, *, inert: bool) -> Written:
        """A JSON ``text`` as the lines of a YAML block; ``inert`` where expressions in it would be looked for."""
        return Written(textwrap.indent(target.language.inert(text) if inert else text, " " * indent))

    return environment.get_template(target.template).render(
        s=settings,
        o=settings.options,
        header=Written(header(target, settings)),
        block=block,
        everything=EVERYTHING,
        report_action=_report_action(settings.action),
    )


def _report_action(action: str) -> str:
    """The sub-action that reports on a matrix, beside the ``action`` that measures."""
    place, at, version = action.partition("@")
    return f"{place.rstrip('/')}/report{at}{version}"


def header(target: Target, settings: Settings) -> str:
    """The comment on top: which version made the file, how to make it again, what it needs."""
    prefix = target.language.comment
    intro = f"Made by perfreg-templates {settings.version}. To make it again:"
    named = _filled(f"{target.summary} Save it as {target.file}.")
    needs = needed(target, settings)
    text = "\n".join((intro, f"  {settings.command}", "", named, *(("", "It needs:") if needs else ())))
    return comment(text, prefix) + "".join(comment(bullet(each), prefix) for each in needs)


def needed(target: Target, settings: Settings) -> tuple[str, ...]:
    """What the user has to do for this file with these settings, in sentences."""
    occasions = (
        ("always", True),
        (settings.baseline, True),
        ("services", bool(settings.services)),
        ("schedule", bool(settings.schedule)),
        ("deploy_gate", settings.deploy_gate),
    )
    return tuple(each for occasion, applies in occasions if applies for each in target.needs.get(occasion, ()))


def bullet(sentence: str) -> str:
    """``sentence`` as an item of a list in plain text."""
    return _filled(sentence, initial_indent="- ", subsequent_indent="  ")


def _filled(text: str, *, initial_indent: str = "", subsequent_indent: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=initial_indent,
        subsequent_indent=subsequent_indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
