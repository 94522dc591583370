"""Secrets in the files of the project, but for what a person has looked at: .secrets.baseline says what that is."""

import json
import re
from pathlib import Path
from typing import Any

from .. import tracked
from ..errors import ProjectError
from . import Report

BASELINE = Path(".secrets.baseline")
PUBLIC = re.compile(r".*\.sigstore\.json|tests/sigstore/.*\.json")  # signatures and certificates
CURE = (
    "Take it out and revoke it, as git keeps it for ever. Is it none? Write `# pragma: allowlist secret` behind it, or "
    f"run `.venv/bin/detect-secrets scan --no-verify --baseline {BASELINE}`, then `.venv/bin/detect-secrets audit "
    f"{BASELINE}`"
)


def check() -> Report:
    """Look for secrets in what git tracks, or would, with the detectors and filters that the baseline names.

    Raises ProjectError when the baseline is missing or broken.
    """
    from detect_secrets.core.secrets_collection import SecretsCollection
    from detect_secrets.settings import transient_settings

    baseline = _baseline()
    results = baseline["results"]
    harmless = {name: [one for one in found if one.get("is_secret") is False] for name, found in results.items()}
    files = [path for path in tracked.files() if path != BASELINE and not PUBLIC.fullmatch(path.as_posix())]
    if not files:
        raise ProjectError("Git tracks no file here: run the command in the project's root folder.")
    found = SecretsCollection()
    with transient_settings({name: baseline[name] for name in ("plugins_used", "filters_used")}):
        for path in files:
            found.scan_file(str(path))
    new = found - SecretsCollection.load_from_baseline({"results": harmless})
    red = [f"{name}:{secret.line_number}: {secret.type}. {CURE}." for name, secret in new]
    return Report(f"{len(files)} files", sorted(red))


def _baseline() -> dict[str, Any]:
    try:
        baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
        if isinstance(baseline["results"], dict) and baseline["plugins_used"] and "filters_used" in baseline:
            return dict(baseline)
    except FileNotFoundError as error:
        raise ProjectError(
            f"{BASELINE} is missing: `.venv/bin/detect-secrets scan --no-verify > {BASELINE}` writes it, and "
            f"`.venv/bin/detect-secrets audit {BASELINE}` asks you about each entry."
        ) from error
    except (ValueError, KeyError, TypeError):
        pass
    raise ProjectError(f"{BASELINE} is broken: take it from git again, or `.venv/bin/detect-secrets scan` writes it.")
