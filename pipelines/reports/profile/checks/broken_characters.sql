-- Characters that were read in the wrong encoding
-- means: UTF-8 was read as Latin-1 somewhere, or characters were lost: it’s becomes itâ€™s, or a � stands in the text.
-- fix: Export these posts again with the right encoding; what stands as � is lost.
-- group: values
-- says: {row_count:,} of {of_count:,} values of {column_name} hold characters of a wrong encoding
-- least_rows = 1: warn from this many on
SELECT column_name, '' AS provider, count(*) FILTER (is_bad) AS row_count, count(*) AS of_count,
  row_count / of_count AS figure, pick(article_id, published_at, is_bad) AS examples
FROM (
  SELECT *, contains(value, chr(65533))
    OR regexp_matches(value, 'â€|â\x{0080}|Ã[\x{0080}-\x{00BF}]|Â[\x{00A0}-\x{00BF}]') AS is_bad
  FROM texts
  WHERE NOT is_derived
)
GROUP BY column_name
HAVING row_count >= $least_rows
