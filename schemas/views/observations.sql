-- One row for each time that an article at its address was seen with other values than before.
-- The newest row of an article at its address holds until today, or until its file was deleted.
-- seen_at: source_time, or else observed_at: the order of the rows in time.
SELECT * EXCLUDE (file_row_number), coalesce(source_time, observed_at) AS seen_at
FROM stored.observations
