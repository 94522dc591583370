"""The command `rungs`."""

import sys
from contextlib import nullcontext
from pathlib import Path

import click
from rich.table import Table

from . import build as building
from . import climbing, fleets, pages, places, releases
from .catalog import Catalog
from .errors import RungsError
from .models import Level
from .screen import busy, err, out, sentence
from .screen import catalog as read_catalog


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rungs")
def main() -> None:
    """Render MLOps projects that climb from a first model to models that retrain themselves.

    \b
    rungs new my-project                       answer a few questions
    rungs new my-project level=pipeline -y     take the defaults for the rest
    rungs options                              every question and its values
    rungs explain mlflow                       one component: what it is, what it needs
    rungs preview level=manual --then level=pipeline
    rungs climb                                move a project up a level, with every line of yours
    rungs update                               bring in what a newer version of the template has improved
    rungs change tracking=none                 change any other answer
    rungs fleet status --inventory FILE        many projects at once
    """


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("answers", nargs=-1, metavar="[QUESTION=VALUE]...")
@click.option("-y", "--defaults", is_flag=True, help="Ask nothing: the questions left open take their defaults.")
@click.option("--template", help="Another template: a path or a git URL.")
@click.option(
    "--ref", help="A git reference of the template. [default: its newest release; in a clone, what lies there]"
)
@sentence
def new(target: Path, answers: tuple[str, ...], defaults: bool, template: str | None, ref: str | None) -> None:
    """Render a new project into TARGET, a folder that does not exist yet."""
    from . import render  # Copier takes a quarter of a second to import

    render.hurry()
    given = render.parse_answers(read_catalog(), answers)
    if not defaults and not sys.stdin.isatty():
        raise RungsError("There is no terminal to ask questions on: add --defaults, and answers as question=value.")
    if ref is None and template is None and places.in_checkout():
        ref = "HEAD"
    source = template or places.source()
    with busy(f"Rendering {target} ...") if defaults else nullcontext():
        render.new(source, target, given, ask=not defaults, ref=ref, quiet=True)
    saved = render.saved_answers(target)
    out.print(f"[bold]{saved['project_name']}[/bold] is in {target}, at level {saved['level']}.", soft_wrap=True)
    out.print(f"Next: cd {target} && make setup && make demo (make help shows every command).", soft_wrap=True)


@main.command()
@sentence
def options() -> None:
    """List every question with its values."""
    catalog = read_catalog()
    table = Table("question", "values (the default first)", "what it asks", box=None, pad_edge=False)
    for question in catalog.questions:
        values = ", ".join(catalog.choices(question)) or f"text, such as: {catalog.default(question)}"
        since = f" (from level {question.from_level})" if question.from_level.rank else ""
        table.add_row(f"[bold]{question.id}[/bold]", values, question.help + since)
    out.print(table)


@main.command()
@click.argument("id", metavar="ID")
@sentence
def explain(id: str) -> None:
    """Say what a question, a level or a component is, what it needs and how it is verified.

    ID is a question (`ci`), a value (`github-actions`) or, where an id has two meanings, `kind/id`.
    """
    catalog = read_catalog()
    texts = [*_explain_components(catalog, id), *_explain_questions(catalog, id)]
    if not texts:
        import difflib

        known = [c.id for c in catalog.components] + [q.id for q in catalog.questions]
        known += [value for question in catalog.questions for value in catalog.choices(question)]
        near = difflib.get_close_matches(id, known, n=1)
        raise RungsError(
            f"Nothing is called `{id}`: " + (f"did you mean `{near[0]}`?" if near else "see `rungs options`.")
        )
    out.print("\n\n".join(texts), markup=False, soft_wrap=True)


def _explain_components(catalog: Catalog, id: str) -> list[str]:
    texts = []
    for component in catalog.components:
        if id not in (component.id, component.name):
            continue
        lines = [
            f"{component.title} ({catalog.kinds[component.kind].id}={component.id})",
            component.summary,
            f"From level: {catalog.starts(component)}",
            f"Folder: {component.folder.lstrip('/')}/",
            *(f"Needs: {rule}" for rule in pages.rules(catalog, component)),
            f"Yours from the first render on: {', '.join(component.seeds)}" if component.seeds else "",
            f"Verified: {component.verified.status}. {component.verified.how}",
            f"Documentation: {component.docs}" if component.docs else "",
        ]
        texts.append("\n".join(line for line in lines if line))
    return texts


def _explain_questions(catalog: Catalog, id: str) -> list[str]:
    texts = []
    for question in catalog.questions:
        values = catalog.choices(question)
        if question.id == id:
            texts.append(f"{question.id}: {question.help}\nValues: {', '.join(values) or 'text'}")
        elif id in values and not (question.kind and catalog.component(question.kind, id)):
            meaning = Level(id).summary if question.levels else "part of every project, or left out"
            texts.append(f"{question.id}={id}: {meaning}")
    return texts


@main.command()
@click.argument("answers", nargs=-1, metavar="[QUESTION=VALUE]...")
@click.option("--then", "changes", multiple=True, metavar="QUESTION=VALUE", help="A changed answer: show what differs.")
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    help="Start from the answers of a rendered project.",
)
@sentence
def preview(answers: tuple[str, ...], changes: tuple[str, ...], project: Path | None) -> None:
    """Show the files that answers give, and what a changed answer adds, changes and removes. Writes nothing."""
    from . import preview as previews
    from . import render

    render.hurry()
    catalog = read_catalog()
    start = {**(render.saved_answers(project) if project else {}), **render.parse_answers(catalog, answers)}
    changed = render.parse_answers(catalog, changes)
    with busy("Rendering ..."):
        before = previews.contents(start)
        after = previews.contents({**start, **changed}) if changed else before
    difference = previews.difference(before, after)
    if not changed:
        out.print(previews.tree(f"[bold]{len(before)} files[/bold]", before))
        return
    marks = previews.marked(difference)
    title = (
        f"[bold]{' '.join(changes)}[/bold]: {len(difference.added)} added, {len(difference.changed)} changed,"
        f" {len(difference.removed)} removed, {len(before.keys() & after.keys()) - len(difference.changed)} as before"
    )
    out.print(previews.tree(title, marks, marks))
    if not marks:
        out.print("Nothing would change.")


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a built file is stale.")
@click.option("--freeze", metavar="VERSION", help="Write down what a release offers, before it is tagged.")
@sentence
def build(check: bool, freeze: str | None) -> None:
    """Build copier.yml and the generated docs from the template (for those who work on Rungs itself)."""
    if not places.in_checkout():
        raise RungsError("`rungs build` works in a clone of the repository only: clone it first.")
    catalog = read_catalog()
    if freeze:
        out.print(f"wrote {releases.freeze(catalog, freeze).relative_to(catalog.root)}")
        return
    if check:
        stale = [str(path.relative_to(catalog.root)) for path in building.stale(catalog)]
        wrong = building.wrong_addresses(catalog)
        if stale or wrong:
            problems = [*(f"{path} is stale (run `rungs build`)" for path in stale), *wrong]
            err.print("rungs: " + "; ".join(problems) + ".", markup=False, soft_wrap=True)
            sys.exit(1)
        out.print(f"Up to date: {len(catalog.components)} components, {len(catalog.questions)} questions.")
        return
    for path in building.write(catalog):
        out.print(f"wrote {path.relative_to(catalog.root)}")


for moving in (climbing.climb, climbing.update, climbing.change, fleets.fleet):
    main.add_command(moving)
