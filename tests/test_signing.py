"""`make sign` and `make digests`: the images as the registry knows them, each by its digest."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from running import make

Render = Callable[..., Path]
IMAGE = "registry.example.com:5000/risk/credit"
# Knows what `docker push` left: for each image its digests, also those of a registry that it was pushed to before.
DOCKER = """#!/bin/sh
for image in "$@"; do :; done
case "$image" in
  *-{missing}:*) ;;
  *) echo "old.example.com/${{image##*/}}@sha256:0" | sed 's/:[^:@]*@/@/'
     name="${{image%:*}}"
     echo "$name@sha256:$(printf %s "$name" | sha256sum | cut -c1-64)" ;;
esac
"""
# Writes down how it was called. Of a file it makes the signature, as the real one does.
COSIGN = """#!/bin/sh
echo "$@" >> {calls}
while [ $# -gt 1 ]; do
  case "$1" in --out | --bundle) echo "{{}}" > "$2" ;; esac
  shift
done
"""


@pytest.fixture
def tools(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """A docker that has pushed, and a cosign that writes down how it was called: both need a registry and Sigstore."""

    def putting(missing: str = "none", cosign: bool = True) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        programs = {"docker": DOCKER.format(missing=missing)}
        if cosign:
            programs["cosign"] = COSIGN.format(calls=tmp_path / "calls")
        for name, text in programs.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}", "IMAGE": IMAGE, "TAG": "abc123"}

    return putting


@pytest.mark.parametrize(("cloud", "images"), [("none", ["serve", "train"]), ("aws", ["serve", "tracking", "train"])])
def test_each_image_that_is_pushed_has_its_digest(
    render: Render, tools: Callable[..., dict[str, str]], cloud: str, images: list[str]
) -> None:
    project = render("pipeline", cloud=cloud)
    found = json.loads(make(project, "--silent", "digests", status=0, **tools()))
    assert sorted(image["name"] for image in found) == [f"{IMAGE}-{name}" for name in images]
    for image in found:
        assert image["digest"].startswith("sha256:") and len(image["digest"]) == 71
        assert image["sbom"] == f"{image['name'].rpartition('-')[2]}.cdx.json"


def test_images_are_signed_by_digest(render: Render, tools: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    project = render("pipeline", cloud="none")
    make(project, "sign", status=0, **tools())
    signed = (tmp_path / "calls").read_text().splitlines()
    assert [line.partition("@")[0] for line in signed] == [f"sign {IMAGE}-{name}" for name in ("serve", "train")]
    assert all(line.endswith(" --yes") for line in signed)
    digests = {
        f"{image['name']}@{image['digest']}"
        for image in json.loads(make(project, "--silent", "digests", status=0, **tools()))
    }
    assert {line.split()[1] for line in signed} == digests


def test_a_key_signs_where_nobody_vouches_for_the_job(
    project: Render, tools: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    folder, key = project("continuous", cloud="none"), "awskms:///alias/credit-risk-signing"
    (folder / "artifacts/sbom").mkdir(parents=True)
    for name in ("serve", "train"):
        (folder / f"artifacts/sbom/{name}.cdx.json").write_text("{}")
    make(folder, "sign", status=0, SIGNING_KEY=key, SIGN="", **tools())
    calls = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    configurations = {call[-1] for call in calls if call[:2] == ["signing-config", "create"]}
    signed = [call for call in calls if call[0] in ("sign", "sign-blob")]
    assert [call[0] for call in signed] == ["sign", "sign", "sign-blob", "sign-blob"]
    for call in signed:
        assert call[call.index("--key") + 1] == key
        assert call[call.index("--signing-config") + 1] in configurations, "it would be told to the public log"
    assert not any(Path(configuration).exists() for configuration in configurations)
    assert {path.name for path in (folder / "artifacts/sbom").glob("*.sigstore.json")} == {
        f"{name}.cdx.json.sigstore.json" for name in ("serve", "train")
    }


@pytest.mark.parametrize("level", ["pipeline", "continuous"])
def test_where_nobody_asks_for_it_nothing_is_signed(
    render: Render, tools: Callable[..., dict[str, str]], tmp_path: Path, level: str
) -> None:
    said = make(render(level), "sign", status=0, SIGN="", **tools())
    assert said.startswith("Nothing is signed: SIGN is not true and SIGNING_KEY names no key")
    assert not (tmp_path / "calls").exists()


def test_what_was_not_pushed_is_not_signed(
    render: Render, tools: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    project = render("pipeline", cloud="none")
    for target in ("sign", "digests"):
        said = make(project, target, status=2, **tools(missing="serve"))
        assert f"{IMAGE}-serve:abc123 was not pushed: run make publish first." in said
    assert not (tmp_path / "calls").exists()


@pytest.fixture
def bare(tools: Callable[..., dict[str, str]]) -> dict[str, str]:
    """A machine without cosign."""
    environment = tools(cosign=False)
    return {**environment, "PATH": f"{environment['PATH'].partition(':')[0]}:/usr/bin:/bin"}


def test_without_cosign_it_says_so(render: Render, bare: dict[str, str]) -> None:
    assert "cosign is not installed" in make(render("pipeline"), "sign", status=2, **bare)


def test_a_cosign_that_is_not_the_released_one_is_not_run(project: Render, bare: dict[str, str]) -> None:
    """In CI it is fetched; here a curl stands for the network, and brings something else."""
    folder, bin = project("pipeline"), Path(bare["PATH"].partition(":")[0])
    (bin / "curl").write_text('#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\necho "#!/bin/sh" > "$2"\n')
    (bin / "curl").chmod(0o755)
    assert "did NOT match" in make(folder, "sign", status=2, CI="true", **bare)
    assert not (folder / ".uv/cosign").exists()
