"""Which version is on its way from the first stage to the last one, and what it waits for."""

from . import release
from .plugins import part
from .release import Release
from .stages import STAGES


def pending() -> Release | None:
    """Return the release that waits in the first stage for a person, or None.

    A version that was rolled back from the last stage does not wait, nor does one that is tried there on live requests,
    or was taken out of its trial: a person promotes it again.
    """
    tried, served = release.current(STAGES[0]), release.current(STAGES[-1])
    if tried is None or (served and served.manifest_sha256 == tried.manifest_sha256):
        return None
    if tried.manifest_sha256 in release.withdrawn(STAGES[-1]) or tried.version in {on_trial(), *taken_out()}:
        return None
    return tried


def on_trial() -> int | None:
    """Return the version that is tried on live requests in the last stage, or None."""
    plans = part("delivery.plan")
    plan = plans.current(STAGES[-1]) if plans else None
    return None if plan is None else int(plan.release.version)


def taken_out() -> set[int]:
    """Return the versions whose last trial on live requests ended without a release."""
    trials = part("delivery.audit")
    latest = {one.version: one.action for one in trials.history(STAGES[-1])} if trials else {}
    return {version for version, action in latest.items() if action == "withdraw"}


def underway() -> str:
    """Say what is on its way and what it waits for, in half a sentence; empty when nothing is."""
    trial, waiting = on_trial(), pending()
    if trial is not None:
        return f"version {trial} is tried on live requests in {STAGES[-1]}"
    if waiting is not None:
        return (
            f"version {waiting.version} waits in {STAGES[0]} for a person (`make promote` releases it, "
            f"`make rollback ARGS='--stage {STAGES[0]}'` declines it)"
        )
    return ""
