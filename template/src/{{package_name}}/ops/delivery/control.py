"""Starts a trial, moves it on, and ends it. Each decision is written down with its evidence."""

import secrets
import time

import click
import msgspec

from .. import bundle, release, storage
from ..costs import DecisionSettings
from ..errors import ProjectError
from ..lock import lock
from ..registry import CHAMPION, Registry, open_registry
from . import plan as plans
from .audit import now, record
from .decision import Decision, decide, sample_size
from .evidence import gather
from .plan import DeliverySettings, Plan


def start(registry: Registry, number: int, stage: str, reason: str) -> str | None:
    """Try a version beside the one that a stage serves, and say so. None: nothing can be tried, release it at once.

    That is so without a version in service, for the same version again, with [delivery] mode "off", and when the
    columns are others: then the two cannot answer the same requests. A trial that runs is replaced.
    """
    settings = DeliverySettings.load()
    served = release.current(stage)
    if settings.mode == "off" or served is None or served.version == number:
        return None
    champion = bundle.load(release.current_url(stage)).manifest
    prepared = release.prepare(registry, number, stage, reason)
    challenger = bundle.load(storage.url("serving", stage, prepared.path)).manifest
    if challenger.schema.features != champion.schema.features:
        click.echo(f"Version {number} has other columns than version {served.version}: no request fits both.")
        return None
    with lock("delivery", wait_seconds=30):
        before = plans.current(stage)
        if before is not None:
            record(stage, before, "withdraw", f"Version {number} is tried in its place.", None)
        moment = time.time()
        plan = Plan(
            release=prepared,
            champion=served.version,
            experiment=f"{number}-{secrets.token_hex(4)}",
            steps=plans.steps(settings, _sample(settings, champion)),
            position=0,
            started=moment,
            since=moment,
        )
        said = f"Version {number} is tried beside version {served.version}: {_words(plan)}."
        record(stage, plan, "advance", said, None)
        plans.write(stage, plan)
    return said


def step(stage: str) -> Decision | None:
    """Look at the evidence once and do what follows. None: nothing is tried. Raises ProjectError."""
    with lock("delivery", wait_seconds=30):
        plan = plans.current(stage)
        if plan is None:
            return None
        served = release.current(stage)
        if served is None or served.version != plan.champion:
            plans.clear(stage)
            said = f"Version {plan.champion}, which it was compared with, is not served any more: the trial ends."
            return record(stage, plan, "withdraw", said, None)
        evidence = gather(stage, plan, time.time())
        action, sentence = decide(plan, evidence, DeliverySettings.load())
        if plans.current(stage) != plan:  # the lock guards one machine: somebody ended the trial on another meanwhile
            return None
        if action == "advance":
            plan = msgspec.structs.replace(plan, position=plan.position + 1, since=time.time())
            sentence = f"{sentence} Next: {_words(plan)}."
        decision = record(stage, plan, action, sentence, evidence)
        if action == "advance":
            plans.write(stage, plan)
        elif action == "release":
            release.put(stage, msgspec.structs.replace(plan.release, released_at=now(), reason=_why(plan)))
            plans.clear(stage)
        elif action == "withdraw":
            plans.clear(stage)
    if action == "release":
        name_champion(plan.release.version)
    return decision


def name_champion(number: int) -> None:
    """Give a version the champion's name. The service does not need it, so a registry that is away is no failure."""
    try:
        open_registry().set_alias(CHAMPION, number)
    except ProjectError as error:
        click.echo(
            f"The registry still calls another version {CHAMPION} ({error}): "
            f'`make promote ARGS="--version {number}"` mends that once it answers.',
            err=True,
        )


def _sample(settings: DeliverySettings, champion: bundle.Manifest) -> int:
    if settings.mode != "ab":
        return 0
    costs = DecisionSettings.load()
    largest = max(costs.cost_false_positive, costs.cost_false_negative)
    cost = champion.metrics["cost_per_row"]
    return sample_size(cost, largest, settings.ab_effect, settings.confidence, settings.ab_power)


def _words(plan: Plan) -> str:
    step = plan.step
    if step.phase == "shadow":
        return f"it scores every request and answers none, for {step.rows:,} predictions"
    if step.phase == "ab":
        return f"A/B test {plan.experiment}, {step.share:.0%} of the requests, {step.rows:,} outcomes of each side"
    return f"it answers {step.share:.0%} of the requests, at least {step.rows:,}"


def _why(plan: Plan) -> str:
    return f"{plan.release.reason}; experiment {plan.experiment}"
