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
COSIGN = '#!/bin/sh\necho "$@" >> {calls}\n'


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
    assert [line.partition("@")[0] for line in signed] == [f"sign --yes {IMAGE}-{name}" for name in ("serve", "train")]
    digests = {
        f"{image['name']}@{image['digest']}"
        for image in json.loads(make(project, "--silent", "digests", status=0, **tools()))
    }
    assert {line.split()[-1] for line in signed} == digests


def test_what_was_not_pushed_is_not_signed(
    render: Render, tools: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    project = render("pipeline", cloud="none")
    for target in ("sign", "digests"):
        said = make(project, target, status=2, **tools(missing="serve"))
        assert f"{IMAGE}-serve:abc123 was not pushed: run make publish first." in said
    assert not (tmp_path / "calls").exists()


def test_without_cosign_it_says_so(render: Render, tools: Callable[..., dict[str, str]]) -> None:
    environment = tools(cosign=False)
    environment["PATH"] = f"{environment['PATH'].partition(':')[0]}:/usr/bin:/bin"
    assert "cosign is not installed" in make(render("pipeline"), "sign", status=2, **environment)
