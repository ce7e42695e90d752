-- One row per snapshot that the warehouse still has.
-- snapshot: Its number.
-- parent: The snapshot that was current when it was made; null for the first one.
-- created_at: When the run that made it began, in UTC.
-- run_id: Id of the run that made it; joins to runs.run_id.
-- raw: The folder of the raw files.
-- mapping: Name of the mapping that it was made with.
-- rows: Rows of every table.
SELECT
    TRY_CAST(manifest ->> 'snapshot' AS BIGINT) AS snapshot,
    TRY_CAST(manifest ->> 'parent' AS BIGINT) AS parent,
    TRY_CAST(manifest ->> 'created_at' AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS created_at,
    manifest ->> 'run_id' AS run_id,
    manifest ->> 'raw' AS raw,
    coalesce(manifest ->> 'mapping', 'everyday') AS mapping,
    map_from_entries([
        (name, list_sum(CAST(manifest -> 'tables' -> name ->> '$.*.rows' AS BIGINT[])))
        for name in json_keys(manifest -> 'tables')
    ]) AS rows
FROM stored.manifests
ORDER BY snapshot
