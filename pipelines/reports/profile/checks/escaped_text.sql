-- Text that was escaped twice
-- means: Text without markup still holds entities like &amp;amp; or &amp;#39;. Somebody escaped what was escaped already, and readers see the codes.
-- fix: Decode these values once more in the files, and find the step that escapes twice.
-- group: values
-- says: {row_count:,} of {of_count:,} values of {column_name} hold entities that readers see
-- least_rows = 1: warn from this many on
SELECT column_name, '' AS provider, count(*) FILTER (is_bad) AS row_count, count(*) AS of_count,
  row_count / of_count AS figure, pick(article_id, published_at, is_bad) AS examples
FROM (
  SELECT *, regexp_matches(value, '&(#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5}|[a-zA-Z]{2,8});') AS is_bad
  FROM texts
  WHERE is_plain
)
GROUP BY column_name
HAVING row_count >= $least_rows
