-- Names with percent codes
-- means: A name holds a code of addresses, like %2c for a comma. The same name without it counts as another one.
-- fix: Decode the name in the files, so that both are one.
-- group: values
-- says: {row_count:,} of {of_count:,} values of {column_name} hold percent codes: {detail}
-- least_rows = 1: warn from this many on
SELECT column_name, '' AS provider, count(*) FILTER (is_bad) AS row_count, count(*) AS of_count,
  row_count / of_count AS figure,
  '"' || array_to_string((list(DISTINCT value ORDER BY value) FILTER (is_bad))[:3], '", "') || '"'
    AS detail,
  pick(article_id, published_at, is_bad) AS examples
FROM (
  SELECT *, regexp_matches(value, '%[0-9a-fA-F]{2}') AS is_bad FROM texts WHERE NOT is_sentence AND NOT is_derived
)
GROUP BY column_name
HAVING row_count >= $least_rows
