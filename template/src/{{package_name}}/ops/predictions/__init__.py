"""The store of predictions: what the service logged, kept as Parquet, asked by SQL, joined with labels, and forgotten.

The files, below `storage.root`:

    predictions/<stage>/<process>-<part>.ndjson                  lines that a service writes, or has written
    predictions/<stage>/<process>-<part>.ndjson.closed           the same, taken from its writer to be compacted
    predictions/<stage>/parquet/day=<YYYY-MM-DD>/<name>.parquet  what became of them, by the day of the prediction
    predictions/<stage>/state.json                               which of these count while some replace others
    predictions/pseudonym.key                                    the secret that identifiers are hashed with
    predictions/audit.jsonl                                      what was removed from the store, when and by whom

Writers need no lock. All else that writes here holds the lock `compaction`; readers hold none.
"""
