"""What a process of Locust does, whether it makes the load alone or with others."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import gevent
import locust
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.runners import Runner

from perfreg.measure.engines.engine import LoadPlan
from perfreg.measure.engines.locust.job import Job
from perfreg.measure.engines.locust.load import Load
from perfreg.measure.engines.locust.report import packed

Say = Callable[..., None]
"""Tells the parent something: a kind of news, and what belongs to it."""


def local(job: Job, say: Say) -> None:
    """Make the load alone."""
    plan = job.plans[0]
    environment = Environment(events=locust.events)
    runner = environment.create_local_runner()
    load = load_of(plan, environment)
    load.probe()
    say("begun")
    load.begin()
    start(runner, load)
    load.wait()
    say("result", results=[packed(load.result())])


def load_of(plan: LoadPlan, environment: Environment) -> Load:
    """What the plan says, as users of Locust."""
    if plan.script:
        from perfreg.measure.engines.locust.fence import fence
        from perfreg.measure.engines.locust.scripted import ScriptedLoad

        fence(plan.targets)
        load: Load = ScriptedLoad(plan, environment)
        # Its own arguments at their defaults; files of arguments are for the command line of Locust.
        environment.parsed_options = get_parser(default_config_files=[]).parse_args([])
        environment.events.init.fire(environment=environment, runner=environment.runner, web_ui=None)
    else:
        from perfreg.measure.engines.locust.users import ScenarioLoad

        load = ScenarioLoad(plan)
        environment.parsed_options = argparse.Namespace(headless=False, enable_rebalancing=False)
    environment.user_classes = load.user_classes
    return load


def start(runner: Runner, load: Load) -> None:
    """Let Locust start all users, at once: those of a scenario begin when it is their turn."""
    if runner.environment.shape_class is not None:
        runner.start_shape()
    else:
        gevent.spawn(runner.start, load.users, load.users)
