"""Searches hyperparameters on a part of the training rows; the test rows stay unseen."""

from pathlib import Path

import numpy as np
import optuna
import polars as pl
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from ..features import derive
from ..schema import SCHEMA
from . import lineage, metrics, storage, tables
from .encoding import Encoder
from .frameworks import Range, framework
from .settings import Section
from .training import TrainingSettings, build, given, tuned_url

SHARES = (0.25, 1.0)  # shares of the rows that a trial learns from, one after the other


class TuningSettings(Section, table="tuning"):
    """How long is searched, on how many of the newest training rows, and the share of them that judges.

    `prune_after`: a trial first learns from a quarter of the rows. From so many trials on, one that is below the median
        of the others there is given up: it would have cost four times as much to say the same.
    """

    trials: int = 12
    rows: int = 20_000
    validation_share: float = 0.25
    prune_after: int = 4


def tune() -> tuple[dict[str, float | int], float, float]:
    """Search, write what was found best, and return it with its AUC and that of the settings as they stand.

    The first trial is the settings as they stand, so the search never ends below them. A search that was broken off
    goes on where it stopped; other data, or other settings to start from, begin anew.
    """
    settings, seed, library = TuningSettings.load(), TrainingSettings.load().seed, framework()
    encoder, start = Encoder(SCHEMA, derive), given()
    learn, judge = _split(tables.train(), settings, seed)
    matrix, target = tables.matrix(learn, encoder), tables.target(learn, SCHEMA)
    unseen, truth = tables.matrix(judge, encoder), tables.target(judge, SCHEMA)

    def objective(trial: optuna.Trial) -> float:
        chosen = start | {name: _suggest(trial, name, space) for name, space in library.SPACE.items()}
        value = 0.0
        for step, share in enumerate(SHARES):
            newest = slice(len(matrix) - round(share * len(matrix)), None)
            fitted = library.fit(build(chosen, encoder, seed), matrix[newest], target[newest])
            value = metrics.auc(truth, library.predict(fitted, unseen)).value
            trial.report(value, step)
            if share < 1 and trial.should_prune():
                raise optuna.TrialPruned
        return value

    study = _study(f"{lineage.data_version()[:16]}-{seed}-{sorted(start.items())}-{settings}", seed, settings)
    if not study.trials:
        study.enqueue_trial({name: start[name] for name in library.SPACE if name in start})
    done = sum(trial.state.is_finished() for trial in study.trials)
    study.optimize(objective, n_trials=max(settings.trials - done, 0))
    best: dict[str, float | int] = start | study.best_params
    storage.write_json(tuned_url(), best)
    first = next(trial for trial in study.trials if trial.value is not None)
    return best, study.best_value, float(first.value or 0.0)


def _suggest(trial: optuna.Trial, name: str, space: Range) -> float | int:
    if isinstance(space.low, int) and isinstance(space.high, int):
        return trial.suggest_int(name, space.low, space.high, log=space.log)
    return trial.suggest_float(name, space.low, space.high, log=space.log)


def _split(frame: pl.DataFrame, settings: TuningSettings, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The newest rows judge where there is time, as they will in service; else rows drawn by chance."""
    shuffled = np.random.default_rng(seed).permutation(len(frame))
    frame = frame.sort(SCHEMA.time) if SCHEMA.time else frame[shuffled]
    frame = frame.tail(settings.rows)
    judging = round(len(frame) * settings.validation_share)
    return frame.head(len(frame) - judging), frame.tail(judging)


def _study(name: str, seed: int, settings: TuningSettings) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=_journal(),
        study_name=name,
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=settings.prune_after),
        direction="maximize",
        load_if_exists=True,
    )


def _journal() -> BaseStorage:
    path = storage.url("tuning", "journal.log")
    if "://" in path:
        return InMemoryStorage()  # a bucket cannot append; there the search starts over
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return JournalStorage(JournalFileBackend(path))
