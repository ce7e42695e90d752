-- One row per run that left a record, also of those that failed or changed nothing.
-- run_id: Id of the run; it begins with the time of its start.
-- job: The flow that ran, like build or images.
-- status: published, unchanged, refused, failed, skipped, interrupted, running or killed.
-- started_at: When it began, in UTC.
-- finished_at: When it ended, in UTC; null if it never did.
-- seconds: How long it took.
-- snapshot: The snapshot that it published; null if it published none.
-- parent: The snapshot that was current when it began; null before the first publish.
-- changes: Raw files by what became of them, like new and changed.
-- files: Raw files by status: loaded, rejected and ignored.
-- rows: Rows of every table.
-- findings: Findings by severity.
-- new_findings: Findings by severity that the snapshot before did not have.
-- steps: Seconds of every step.
-- names: Up to 20 paths for every kind of change.
-- options: Options of the run as JSON.
-- engine: local or prefect.
-- mapping: Name of the mapping that was used.
-- version: Version of the program.
-- host: Name of the machine.
-- message: Why it failed, was refused or gave way; null if it did not.
SELECT
    record ->> 'run_id' AS run_id,
    record ->> 'job' AS job,
    record ->> 'status' AS status,
    TRY_CAST(record ->> 'started_at' AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS started_at,
    TRY_CAST(record ->> 'finished_at' AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS finished_at,
    TRY_CAST(record ->> 'seconds' AS DOUBLE) AS seconds,
    TRY_CAST(record ->> 'snapshot' AS BIGINT) AS snapshot,
    TRY_CAST(record ->> 'parent' AS BIGINT) AS parent,
    TRY_CAST(record -> 'changes' AS MAP(VARCHAR, BIGINT)) AS changes,
    TRY_CAST(record -> 'files' AS MAP(VARCHAR, BIGINT)) AS files,
    TRY_CAST(record -> 'rows' AS MAP(VARCHAR, BIGINT)) AS rows,
    TRY_CAST(record -> 'findings' AS MAP(VARCHAR, BIGINT)) AS findings,
    TRY_CAST(record -> 'new_findings' AS MAP(VARCHAR, BIGINT)) AS new_findings,
    TRY_CAST(record -> 'steps' AS MAP(VARCHAR, DOUBLE)) AS steps,
    TRY_CAST(record -> 'names' AS MAP(VARCHAR, VARCHAR[])) AS names,
    CAST(record -> 'options' AS VARCHAR) AS options,
    record ->> 'engine' AS engine,
    record ->> 'mapping' AS mapping,
    record ->> 'version' AS version,
    record ->> 'host' AS host,
    record ->> 'message' AS message
FROM stored.run_records
ORDER BY run_id DESC
