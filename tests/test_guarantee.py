"""The guarantee: an updated project is a fresh render plus the user's edits, no line lost, no needless conflict.

Every edit of the corpus is made to a project that then moves: alone, and in random sets of ten; up the levels, to a
second version of the template, and to other answers. Renders and edited trees are made once and merged as git trees, as
`rungs` does it; a few moves go through the command line.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import releases
from edits import CORPUS, Edit, Gone, apply, named, together
from moves import Outcome, Store, lost_lines
from naive import naive
from rungs.cli import main
from rungs.releases import frozen
from running import WITHOUT_PIPELINE, make
from world import ROOT, commit, git

LEVELS = ["manual", "pipeline", "continuous"]
CLIMBS = [("manual", "pipeline"), ("pipeline", "continuous"), ("manual", "continuous")]
# Answers that can change while all others stay, each with another value. `package_name` moves every file of the user.
SWITCHES = {
    "ci": "gitlab-ci",
    "cloud": "none",
    "python_version": "3.12",
    "description": "Scores loans.",
    "author": "Risk team",
    "project_name": "loan-risk",
}
ASKING = {".github/pull_request_template.md": ".gitlab/merge_request_templates/Default.md"}  # what reviewers are told
WIDE = {"ci", "cloud"}  # these change so much that all edits are tried; for others, those that could meet the change
FIXED = {"level", "package_name"}
# Additions to what a move replaces as a whole: a conflict that names both, and nothing is lost.
REPLACED = {"ci at continuous": {"add a row to the variables"}}

# A move: level, version and changed answers before and after.
Place = tuple[str, str, tuple[tuple[str, str], ...]]
Move = tuple[Place, Place]


def switched(key: str) -> tuple[tuple[str, str], ...]:
    """One changed answer; `package_name`, whose default comes from another answer, stays as it was."""
    return ((key, SWITCHES[key]), ("package_name", "credit_risk"))


RELEASED = tuple(frozen(ROOT))
MOVES: dict[str, Move] = {
    **{f"{low} to {high}": ((low, "1", ()), (high, "1", ())) for low, high in CLIMBS},
    **{f"update at {level}": ((level, "1", ()), (level, "2", ())) for level in LEVELS},
    **{f"{key} at continuous": (("continuous", "1", ()), ("continuous", "1", switched(key))) for key in SWITCHES},
    **{f"{low} to {high}, updated": ((low, "1", ()), (high, "2", ())) for low, high in CLIMBS},
    **{f"{past} to now at {level}": ((level, past, ()), (level, "1", ())) for past in RELEASED for level in LEVELS},
}


class Places:
    """The renders that projects move between, as trees of one store; each is made when it is asked for."""

    def __init__(self, store: Store, templates: Path, render: Callable[..., Path], folder: Path) -> None:
        self.store = store
        self._templates, self._render, self._folder = templates, render, folder
        self._trees: dict[Place, str] = {}

    def tree(self, place: Place) -> str:
        level, version, answers = place
        if place not in self._trees:
            if version == "1":
                folder = self._render(level, **dict(answers))
            else:
                folder, template = self._folder / version / level, self._templates / version
                if not template.exists():
                    releases.released(version, template)
                data = {"project_name": "credit-risk", "level": level, **dict(answers)}
                copier.run_copy(str(template), folder, data=data, defaults=True, quiet=True)
            self._trees[place] = self.store.tree(folder)
        return self._trees[place]

    def move(self, move: Move, edits: list[Edit]) -> Outcome:
        renamed = dict([releases.RENAMED]) if move[1][1] == "2" else ASKING if ("ci", "gitlab-ci") in move[1][2] else {}
        return self.store.move(self.tree(move[0]), self.tree(move[1]), edits, renamed)

    def debts(self, move: Move, edits: list[Edit]) -> list[str]:
        return self.store.debts(self.move(move, edits), edits)


@pytest.fixture(scope="module")
def places(plain_template: Path, render: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Places:
    root = tmp_path_factory.mktemp("guarantee")
    releases.second(Path(shutil.copytree(plain_template, root / "templates/2", symlinks=True)))
    seeds = yaml.safe_load((plain_template / "copier.yml").read_text())["_skip_if_exists"]
    return Places(Store(root / "store", seeds), root / "templates", render, root / "rendered")


def possible(level: str) -> list[Edit]:
    """The edits that a person makes to a project of a level."""
    rank = LEVELS.index(level)
    return [edit for edit in CORPUS if LEVELS.index(edit.level) <= rank <= LEVELS.index(edit.until)]


def there(places: Places, place: Place) -> list[Edit]:
    """Those of the possible edits that find their place in a render; one of a release may lack what we know now."""
    found = []
    for edit in possible(place[0]):
        try:
            places.store.edit(places.tree(place), [edit])
        except Gone:
            continue
        found.append(edit)
    return found


def test_the_corpus_is_large_and_its_edits_are_what_they_say(places: Places) -> None:
    names = [edit.name for edit in CORPUS]
    assert len(CORPUS) >= 60 and len(set(names)) == len(names)
    store = places.store
    for edit in CORPUS:
        before = places.tree((edit.level, "1", ()))
        paths = store.differing(before, store.edit(before, [edit]))
        assert paths, f"{edit.name} changes nothing"
        old, new = store.files(before, paths), store.files(store.edit(before, [edit]), paths)
        removes = any(path not in new or lost_lines({}, {path: text}, {path: new[path]}) for path, text in old.items())
        if edit.additive:
            assert not removes, f"{edit.name} removes lines, and is said to add only"


def test_every_answer_that_can_change_is_tried() -> None:
    questions = yaml.safe_load((ROOT / "copier.yml").read_text())
    asked = {name for name, question in questions.items() if name[0] != "_" and question.get("when") is not False}
    several = {n for n in asked if questions[n].get("ask") is not False and len(questions[n].get("choices", "ab")) > 1}
    refused = {"data"}  # with the one orchestrator that there is, only DVC goes
    assert several - FIXED - refused == set(SWITCHES)


@pytest.mark.parametrize("move", [name for name in MOVES if "updated" not in name])
def test_each_edit_alone(places: Places, move: str) -> None:
    edits = there(places, MOVES[move][0]) if MOVES[move][0][1] in RELEASED else possible(MOVES[move][0][0])
    assert len(edits) >= 60
    key = move.removesuffix(" at continuous")
    if key in SWITCHES and key not in WIDE:
        before, after = (places.tree(place) for place in MOVES[move])
        changing = {*places.store.differing(before, after)}
        edits = [edit for edit in edits if changing & places.store.touched(before, edit)]
    edits = [edit for edit in edits if edit.name not in REPLACED.get(move, ())]
    owed = {edit.name: places.debts(MOVES[move], [edit]) for edit in edits}
    assert owed and not {name: debts for name, debts in owed.items() if debts}


@pytest.mark.parametrize(("move", "name"), [(move, name) for move, names in REPLACED.items() for name in names])
def test_an_addition_to_what_is_replaced_is_a_conflict_and_loses_nothing(places: Places, move: str, name: str) -> None:
    edits = named(name)
    outcome = places.move(MOVES[move], edits)
    assert outcome.merged.conflicts == ("README.md",)
    assert places.debts(MOVES[move], edits) == ["README.md has a conflict, though every edit only added to it"]
    assert places.store.lost(outcome) == {}


def sets_of_ten(data: st.DataObject) -> tuple[str, list[Edit]]:
    now = sorted(name for name, (before, _) in MOVES.items() if before[1] not in RELEASED)
    move = data.draw(st.sampled_from(now), label="move")
    fit = [edit for edit in possible(MOVES[move][0][0]) if edit.name not in REPLACED.get(move, ())]
    edits = st.lists(st.sampled_from(fit), min_size=10, max_size=10, unique=True)
    return move, together(data.draw(edits, label="edits"))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_ten_edits_at_once(places: Places, data: st.DataObject) -> None:
    move, edits = sets_of_ten(data)
    assert not places.debts(MOVES[move], edits)


@pytest.mark.corpus
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(data=st.data())
def test_ten_edits_at_once_two_thousand_times(places: Places, data: st.DataObject) -> None:
    move, edits = sets_of_ten(data)
    assert not places.debts(MOVES[move], edits)


def test_an_edit_where_the_template_changes_the_same_line_is_a_conflict_and_loses_nothing(places: Places) -> None:
    """The corpus would prove nothing if no edit met a change of the template."""
    edits = named("change a help text that the template changes, too")
    outcome = places.move(MOVES["update at manual"], edits)
    assert outcome.merged.conflicts == ("Makefile",)
    text = places.store.files(outcome.merged.tree, ["Makefile"])["Makefile"]
    assert b"## Make it pretty" in text and b"## Format all of the code" in text


def test_a_naive_layout_fails_on_the_same_edits(places: Places, tmp_path: Path) -> None:
    """One Makefile, one workflow, one file of Terraform, one line of dependencies: additions meet there."""
    store = places.store
    old, new = (places.tree(place) for place in MOVES["pipeline to continuous"])
    adding = [edit for edit in possible("pipeline") if edit.additive]

    def flat(tree: str) -> str:
        return naive(store, tree)

    conflicts = [
        edit.name for edit in adding if store.merge(flat(old), flat(store.edit(old, [edit])), flat(new)).conflicts
    ]
    assert len(conflicts) >= 5, conflicts


def test_the_check_of_lost_lines_can_fail() -> None:
    before = {"a.txt": b"one\ntwo\n"}
    yours = {"a.txt": b"one\nours\ntwo\n", "new.txt": b"all of it\n", "b.bin": b"\0\1"}
    kept = {"a.txt": b"zero\none\nours\nTWO\n", "new.txt": b"all of it\n", "b.bin": b"\0\1"}
    assert lost_lines(before, yours, kept) == {}
    assert lost_lines(before, yours, {**kept, "a.txt": b"zero\none\nTWO\n"}) == {"a.txt": [b"ours"]}
    assert lost_lines(before, yours, {**kept, "b.bin": b"\0\2"}) == {"b.bin": [b"\0\1"]}
    del kept["new.txt"]
    assert lost_lines(before, yours, kept) == {"new.txt": [b"all of it"]}
    moved = {"new.txt": b"one\ntwo\nours\n"}
    assert lost_lines(before, moved, {"new.txt": b"ONE\ntwo\nours\n"}) == {}
    assert lost_lines(before, moved, {"new.txt": b"ONE\ntwo\n"}) == {"new.txt": [b"ours"]}


@pytest.mark.parametrize(
    ("ours", "theirs", "where"),
    [("aXc", "aYc", "line"), ("aXbc", "aYbc", "border"), ("aXc", "abY", "border"), ("Xbc", "abY", "nowhere")],
)
def test_where_two_sides_meet(places: Places, ours: str, theirs: str, where: str) -> None:
    texts = ("\n".join(text).encode() + b"\n" for text in ("abc", ours, theirs))
    assert places.store.meeting(*(places.store.repository.store(text) for text in texts)) == where


def test_what_a_move_owes_is_seen(places: Places) -> None:
    """A merge that takes all of the template's files and none of the user's owes every line."""
    edits = named("add a metric at the end", "add a module", "move a page")
    outcome = places.move(MOVES["manual to pipeline"], edits)
    assert places.store.debts(outcome, edits) == []
    forgetful = Outcome(
        outcome.old, outcome.yours, outcome.new, outcome.wanted, places.store.as_merged(outcome.new), outcome.gone
    )
    found = " ".join(places.store.debts(forgetful, edits))
    assert "metrics.py has lost" in found and "scorecard.py has lost" in found and "guide/architecture.md" in found


def rungs(*words: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == status, done.output
    return done.output


@pytest.fixture(scope="module")
def released(plain_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Test")
            patch.setenv(f"GIT_{role}_EMAIL", "test@example.com")
        return releases.release(plain_template, tmp_path_factory.mktemp("released") / "rungs")


def edited(template: Path, version: str, parent: Path, level: str, edits: list[Edit]) -> Path:
    """Render a version of a template below a folder, and edit it."""
    folder = parent / "project"
    data = {"project_name": "credit-risk", "level": level}
    copier.run_copy(str(template), folder, data=data, defaults=True, quiet=True, vcs_ref=version)
    commit(folder, "Render")
    apply(edits, folder)
    commit(folder, "Our work")
    return folder


@pytest.fixture
def project(released: Path, tmp_path: Path) -> Callable[[str, list[Edit]], Path]:
    """Render the first release, and edit it."""

    return lambda level, edits: edited(released, "v1.0.0", tmp_path, level, edits)


def committed(places: Places, project: Path) -> str:
    """What a project holds after a move, as a tree of the store, but for what Copier notes in its answers."""
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Moved")
    files = project.parent / "files"
    files.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=project, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", files], input=archive, check=True)
    return places.store.tree(files)


TEAM = (
    *("add a column", "replace the model", "uv add a first dependency", "uv add --dev, first in the list"),
    *("add a target in the middle of the Makefile", "add a CI job at the end", "add a variable at the end"),
    *("add a link to the README, last", "add a picture", "move a page", "give a file line ends of Windows"),
)


@pytest.mark.parametrize(
    ("words", "move"),
    [
        (("climb", "continuous", "--yes", "--project"), "manual to continuous"),
        (("update", "--yes"), "update at manual"),
        (("change", "description=Scores loans.", "--yes", "--project"), None),
    ],
)
def test_whole_moves_through_the_command_line(
    places: Places, project: Callable[[str, list[Edit]], Path], words: tuple[str, ...], move: str | None
) -> None:
    edits = named(*TEAM)
    folder = project("manual", edits)
    rungs(*words, str(folder))
    way = MOVES[move] if move else (("manual", "1", ()), ("manual", "1", (("description", "Scores loans."),)))
    outcome = places.move(way, edits)
    assert places.store.differing(committed(places, folder), outcome.wanted) == [".copier-answers.yml"]


@pytest.mark.parametrize("past", RELEASED)
def test_a_project_of_a_release_updates_to_now(places: Places, plain_template: Path, tmp_path: Path, past: str) -> None:
    edits = named(*TEAM)
    folder = edited(releases.history(past, plain_template, tmp_path / "rungs"), past, tmp_path, "continuous", edits)
    rungs("update", "--yes", str(folder))
    outcome = places.move(MOVES[f"{past} to now at continuous"], edits)
    assert places.store.differing(committed(places, folder), outcome.wanted) == [".copier-answers.yml"]


def test_files_that_go_are_named_and_go_only_when_told(project: Callable[[str, list[Edit]], Path]) -> None:
    edits = named("add a resource at the end of a file", "add a file of resources", "add a script")
    folder = project("manual", edits)
    words = ("change", "cloud=none", "--yes", "--project", str(folder))
    assert "package_name stays" in rungs("change", "package_name=risk_of_loans", *words[2:], status=2)
    assert "infra/aws/storage.tf" in rungs(*words, status=2)
    assert git(folder, "status", "--porcelain") == ""
    rungs(*words, "--discard")
    left = {path.relative_to(folder).as_posix() for path in folder.glob("infra/aws/**/*") if path.is_file()}
    assert "infra/aws/warehouse.tf" in left and all("warehouse" in path or path.endswith(".tfvars") for path in left)
    kept = git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads/rungs").split()
    assert len(kept) == 1 and "archive" in git(folder, "show", f"{kept[0]}:infra/aws/storage.tf")


@pytest.mark.slow
def test_a_climbed_project_with_edits_passes_its_own_checks(project: Callable[[str, list[Edit]], Path]) -> None:
    edits = named(
        *(
            "add a feature",
            "explain a feature",
            "add a module",
            "add a test",
            "add a metric at the end",
            "add a command",
        ),
        *("uv add a first dependency", "uv add --dev, first in the list", "add a target in the middle of the Makefile"),
        *("ignore the types of a library", "move a page", "decide on licences and pins"),
    )
    folder = project("manual", edits)
    rungs("climb", "pipeline", "--yes", "--project", str(folder))
    commit(folder, "Climb")
    make(folder, "setup")
    output = make(folder, "check", STORAGE__ROOT="artifacts", PYTEST_ADDOPTS=WITHOUT_PIPELINE)
    assert "no issues found" in output and "All checks passed" in output, output[-3000:]
    assert "Gate open" in make(folder, "retrain"), "the settings of the level before do for the pipeline of this one"
