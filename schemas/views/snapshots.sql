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
    -- Not `-> 'tables' -> name`: DuckDB 2.0.1 takes no path that is not the same for all rows.
    map_from_entries([
        (held.key, list_sum(CAST(json_extract_string(held.value, '$.*.rows') AS BIGINT[])))
        for held in map_entries(CAST(manifest -> 'tables' AS MAP(VARCHAR, JSON)))
    ]) AS rows
FROM stored.manifests
ORDER BY snapshot
