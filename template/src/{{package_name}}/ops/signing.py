"""Signatures of released models: who released one, proved by Sigstore and without a key that could be stolen.

The CI system vouches for the job that releases; Sigstore turns that into a certificate of ten minutes, and a public log
keeps its use. What is signed is the manifest of a bundle, whose checksums stand for every other file. It is all told in
docs/signatures.md.
"""

import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from pydantic import Field

from . import storage
from .bundle import MANIFEST, SIGNATURE
from .errors import ProjectError
from .settings import Section
from .stages import STAGES

if TYPE_CHECKING:  # the service has the package where it verifies
    from sigstore.models import Bundle

PUBLIC = "https://tuf-repo-cdn.sigstore.dev"


class SigningSettings(Section, table="signing"):
    """Who may release to which stage. A stage that is not named takes unsigned models: a laptop has no identity.

    `identities`: for a stage, the jobs of CI whose signature it takes, as their certificate names them.
    `issuer`: who vouches for these jobs; without it anybody could issue the same names.
    `trust`: a file with the trust configuration of a Sigstore of your own. Empty: the public one, whose keys come with
        the package `sigstore`, so that verifying needs no network.
    """

    identities: dict[str, Annotated[list[str], Field(min_length=1)]] = Field(default_factory=dict)
    issuer: str = ""
    trust: str = ""


def sign(stage: str, url: str) -> None:
    """Sign the bundle at `url`, if the stage takes signed ones only.

    Raises ProjectError when this process has no identity, or none that the stage takes; then no signature is left.
    """
    settings = _settings(stage)
    if settings is None:
        return
    manifest = storage.read_bytes(f"{url}/{MANIFEST}")
    signature = signature_of(manifest)
    _verify(settings, stage, url, manifest, signature)
    storage.write_bytes(f"{url}/{SIGNATURE}", signature)


def check(stage: str, url: str, manifest: bytes) -> str:
    """Return who signed the bundle at `url`; empty where the stage asks for no signature.

    Raises ProjectError when the signature is missing, of other bytes, or by somebody else than the stage takes.
    """
    settings = _settings(stage)
    if settings is None:
        return ""
    signature = storage.find_bytes(f"{url}/{SIGNATURE}")
    if signature is None:
        raise ProjectError(
            f"{url} is not signed, and stage {stage} takes signed models only: release it by a job that [signing] "
            "names."
        )
    return _verify(settings, stage, url, manifest, signature)


def signature_of(content: bytes) -> bytes:
    """Sign bytes by the identity that the CI system gives this process, and return Sigstore's bundle as JSON."""
    try:
        from sigstore.models import ClientTrustConfig
        from sigstore.oidc import IdentityToken, detect_credential
        from sigstore.sign import SigningContext

        token = os.environ.get("SIGSTORE_IDENTITY_TOKEN") or detect_credential()
        if token is None:
            raise ProjectError(
                "Nobody vouches for this process, so it cannot sign: let a job of CI do it that may ask for an "
                "identity token (docs/signatures.md)."
            )
        file = SigningSettings.load().trust
        trust = ClientTrustConfig.from_json(_read(file)) if file else ClientTrustConfig.production()
        with SigningContext.from_trust_config(trust).signer(IdentityToken(token)) as signer:
            return signer.sign_artifact(content).to_json().encode()
    except ProjectError:
        raise
    except Exception as error:  # its clients raise a dozen unrelated classes
        raise ProjectError(f"Sigstore did not sign ({_words(error)}): try again, or see docs/signatures.md.") from error


def _verify(settings: SigningSettings, stage: str, url: str, manifest: bytes, signature: bytes) -> str:
    wanted, by = settings.identities[stage], "nobody known"
    try:
        from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
        from sigstore.verify import Verifier, policy

        if settings.trust:
            root = ClientTrustConfig.from_json(_read(settings.trust)).trusted_root
        else:
            with resources.as_file(resources.files("sigstore._store") / quote(PUBLIC, safe="")) as folder:
                root = TrustedRoot.from_file(str(folder / "trusted_root.json"))
        found = Bundle.from_json(signature)
        by = _names(found)
        allowed = policy.AnyOf([policy.Identity(identity=one, issuer=settings.issuer) for one in wanted])
        Verifier(trusted_root=root).verify_artifact(manifest, found, allowed)
    except ProjectError:
        raise
    except ImportError as error:
        raise ProjectError(f"Stage {stage} takes signed models only: install the group `signing` ({error}).") from error
    except Exception as error:  # whatever is wrong with it, it is no proof
        raise ProjectError(
            f"{url} has a signature that stage {stage} does not take ({_words(error)}; signed by {by}, and [signing] "
            f"names {' and '.join(wanted)}): release it by a job that it names."
        ) from error
    return by


def _settings(stage: str) -> SigningSettings | None:
    """Return the settings, or None where the stage takes unsigned models. A mistake in them is never an open door."""
    settings = SigningSettings.load()
    unknown = sorted(set(settings.identities) - set(STAGES))
    if unknown:
        raise ProjectError(f"[signing] names the stage {unknown[0]}: there are only {' and '.join(STAGES)}.")
    if stage not in settings.identities:
        return None
    if not settings.issuer:
        raise ProjectError("[signing] names identities and no issuer: say who vouches for them (docs/signatures.md).")
    return settings


def _names(found: "Bundle") -> str:
    from cryptography.x509 import SubjectAlternativeName

    names = found.signing_certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    return ", ".join(str(name.value) for name in names) or "nobody"


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"[signing] trust: {file} cannot be read ({error.strerror}).") from error


def _words(error: Exception) -> str:
    first = str(error).strip().splitlines()
    return first[0].rstrip(".") if first else type(error).__name__
