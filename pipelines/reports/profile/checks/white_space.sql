-- White space that nobody sees
-- means: A text begins or ends with a space, or has two spaces or a no-break space inside. It looks like another text, and is a different one: groups and joins split.
-- fix: Trim these values in the files, and let the export trim them.
-- says: {row_count:,} of {of_count:,} values of {column_name} have white space that is not seen: {detail}
-- least_rows = 1: warn from this many on
SELECT column_name, '' AS provider, count(*) FILTER (is_bad) AS row_count, count(*) AS of_count,
  row_count / of_count AS figure,
  concat_ws(', ',
    nullif(count(*) FILTER (is_bad AND value <> trim(value, E' \t\n\r')), 0) || ' at an end',
    nullif(count(*) FILTER (is_bad AND regexp_matches(trim(value), '\s\s|[\t\n\r]')), 0)
      || ' double or a line end',
    nullif(count(*) FILTER (is_bad AND contains(value, chr(160))), 0) || ' no-break'
  ) AS detail,
  pick(article_id, published_at, is_bad) AS examples
FROM (
  SELECT *, value <> trim(value, E' \t\n\r') OR contains(value, chr(160))
    OR regexp_matches(value, '\s\s|[\t\n\r]') AS is_bad
  FROM texts
  WHERE NOT is_sentence AND trim(value) <> ''
)
GROUP BY column_name
HAVING row_count >= $least_rows
