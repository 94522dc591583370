"""Finds what the files of the project fetch by name: container images, actions of workflows, hooks of pre-commit.

docs/supply-chain.md says at which places. Each is found with its place in the text, so that it can be rewritten alone.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import yaml  # type: ignore[import-untyped]

PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
HOST = r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:\d))(?::\d+)?/"
NAME = rf"(?:{HOST})?{PART}(?:/{PART})*"
TAG = r":\w[\w.-]{0,127}"
DIGEST = r"@sha256:[0-9a-f]{64}"
IMAGE = re.compile(rf"(?P<name>{NAME})(?P<tag>{TAG})?(?P<digest>{DIGEST})?")
NAMED = rf"{NAME}(?:{TAG})(?:{DIGEST})?|{NAME}{DIGEST}"  # says at least which version
VERSIONED = re.compile(NAMED)
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
ACTION = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)+)@(?P<version>\S+)")

DOCKERFILE = re.compile(r"(?i)(?:docker|container)file(?:\..+)?|.+\.(?:docker|container)file")
SYNTAX = re.compile(r"(?i)#\s*syntax\s*=\s*(?P<image>\S+)")
STAGE = re.compile(r"(?i)\s*FROM\s+(?:--platform=\S+\s+)?(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?")
COPIED = re.compile(r"(?:--from=|--mount=\S*\bfrom=)(?P<image>[^\s,]+)")
HEREDOC = re.compile(r"<<-?[\"']?(?P<end>\w+)[\"']?")

KEY = r"(?:[\w.-]*[._-])?image"
QUOTED = re.compile(rf"(?i:(?<![\w.-]){KEY})[\"']?\s*(?:[:?+]?=>?|:|\(|\s)\s*([\"'])(?P<image>{NAMED})\1")
BARE = re.compile(rf"\s*(?:export\s+)?(?i:{KEY})\s*[:?]?=\s*(?P<image>{NAMED})\s*(?:#.*)?$")
NOT_SETTINGS = {".md", ".ipynb", ".lock", ".svg", ".html", ".css"}


class Reference(msgspec.Struct, frozen=True):
    """Something that is fetched by name. `start` and `end` are its place in the text, in characters."""

    path: Path
    line: int
    start: int
    end: int
    kind: str
    name: str
    version: str = ""
    digest: str = ""

    @property
    def pinned(self) -> bool:
        """Whether what is fetched can never change: an image by its digest, all else by its commit."""
        return bool(self.digest if self.kind == "image" else COMMIT.fullmatch(self.version))

    @property
    def open(self) -> bool:
        """Whether a variable stands in the name, so that no file says what is fetched."""
        return "$" in self.name

    @property
    def has_tag(self) -> bool:
        """Whether it is an image that follows a tag. One with neither tag nor digest follows `latest`."""
        return not self.open and bool(self.version or not self.digest)

    @property
    def text(self) -> str:
        """How the file names it."""
        separator = ":" if self.kind == "image" else "@"
        version = f"{separator}{self.version}" if self.version else ""
        return f"{self.name}{version}" + (f"@{self.digest}" if self.digest else "")


class UnreadableError(ValueError):
    """A file that says it is YAML and is not, such as a template of one."""


def find(path: Path, text: str) -> list[Reference]:
    """Return what a file fetches, in its order. Raises UnreadableError for YAML that is none."""
    if DOCKERFILE.fullmatch(path.name):
        places = _dockerfile(text)
    elif path.suffix in (".yaml", ".yml"):
        places = _yaml(path, text)
    elif path.suffix in NOT_SETTINGS or (path.suffix == ".py" and "tests" in path.parts):
        return []
    else:
        places = _lines(text)
    found = {start: (kind, words) for kind, start, words in places}
    return [_reference(path, text, start, *found[start]) for start in sorted(found)]


Place = tuple[str, int, str]  # what it is, where it starts, how it is named


def _reference(path: Path, text: str, start: int, kind: str, words: str) -> Reference:
    place = (path, text.count("\n", 0, start) + 1, start, start + len(words), kind)
    if kind == "image":
        match = IMAGE.fullmatch(words)
        if match is None:
            return Reference(*place, words)
        return Reference(*place, match["name"], (match["tag"] or "")[1:], (match["digest"] or "")[1:])
    name, _, version = words.rpartition("@")
    return Reference(*place, name, version)


def _dockerfile(text: str) -> Iterator[Place]:
    stages, ends, start = {"scratch"}, list[str](), 0
    for line in text.splitlines(keepends=True):
        if ends:  # inside of a here-document
            if line.strip() == ends[0]:
                ends.pop(0)
        elif match := SYNTAX.match(line) or STAGE.match(line):
            yield from _of_stage(match["image"], start + match.start("image"), stages)
            if name := match.groupdict().get("stage"):
                stages.add(name.lower())
        elif not line.lstrip().startswith("#"):
            for match in COPIED.finditer(line):
                yield from _of_stage(match["image"], start + match.start("image"), stages)
            ends = [match["end"] for match in HEREDOC.finditer(line)]
        start += len(line)


def _of_stage(words: str, start: int, stages: set[str]) -> Iterator[Place]:
    if words.lower() not in stages and not words.isdigit() and (IMAGE.fullmatch(words) or "$" in words):
        yield "image", start, words


def _lines(text: str) -> Iterator[Place]:
    start = 0
    for line in text.splitlines(keepends=True):
        if "image" in line.lower():
            for match in (*QUOTED.finditer(line), *filter(None, [BARE.match(line)])):
                yield "image", start + match.start("image"), match["image"]
        start += len(line)


def _yaml(path: Path, text: str) -> Iterator[Place]:
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise UnreadableError(f"{path} is not read, as it is no plain YAML.") from error
    seen: set[int] = set()
    for document in documents:
        for kind, node, words in _nodes(document, "", seen):
            looked_for = words if kind == "image" else node.value
            start = text.find(looked_for, node.start_mark.index, node.end_mark.index)
            if start >= 0:
                yield kind, start, words


Named = tuple[str, yaml.Node, str]  # what it is, the scalar, how it is named


def _nodes(node: yaml.Node | None, key: str, seen: set[int]) -> Iterator[Named]:
    """What a document names. An alias leads to a node that was seen before."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _nodes(item, key, seen)
    if not isinstance(node, yaml.MappingNode):
        return
    entries = {name.value: value for name, value in node.value if isinstance(name, yaml.ScalarNode)}
    for name, value in entries.items():
        if re.fullmatch(KEY, name, re.IGNORECASE):
            if "build" not in entries and key != "machine":  # built here, or no container
                yield from _images([value], exact=name == "image")
        elif name == "services" and isinstance(value, yaml.SequenceNode):
            yield from _images(value.value)
        elif name == "container":
            yield from _images([value])
        elif name == "uses":
            yield from _used(value)
        yield from _nodes(value, name, seen)
    repository, commit = _text(entries.get("repo")), entries.get("rev")
    if repository and "hooks" in entries and commit is not None:
        yield "hook", commit, f"{repository}@{commit.value}"


def _images(nodes: list[yaml.Node], exact: bool = False) -> Iterator[Named]:
    """Names of images with a tag or digest: texts, or mappings that hold one as `name`, `default` or `value`.

    A text below the very key `image` needs no tag, if it does not look like the name of a file.
    """
    for node in nodes:
        words = _text(node)
        if isinstance(node, yaml.MappingNode):
            inner = {name.value: value for name, value in node.value if isinstance(name, yaml.ScalarNode)}
            held = [inner[name] for name in ("name", "default", "value") if name in inner]
            yield from _images([value for value in held if isinstance(value, yaml.ScalarNode)])
        elif VERSIONED.fullmatch(words) or (exact and IMAGE.fullmatch(words) and "." not in words.rpartition("/")[2]):
            yield "image", node, words


def _used(node: yaml.Node) -> Iterator[Named]:
    words = _text(node)
    image = words.removeprefix("docker://")
    if image != words and IMAGE.fullmatch(image):
        yield "image", node, image
    elif ACTION.fullmatch(words) and not words.startswith("."):
        yield "action", node, words


def _text(node: yaml.Node | None) -> str:
    if node is None or not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        return ""
    return str(node.value)
