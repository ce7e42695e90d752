-- One row per finding: what was rejected or is in doubt, and where.
-- first_seen_run: Id of the run that saw the finding first; joins to runs.run_id.
SELECT found.* EXCLUDE (file_row_number), first_runs.first_seen_run
FROM stored.findings AS found
JOIN stored.first_runs USING (file_row_number)
