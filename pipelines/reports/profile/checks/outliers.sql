-- Numbers far from all others
-- means: A number lies far outside of what is usual for its column: a typing error, another unit, or something worth reading.
-- fix: Look at each. Correct it in the file if it is wrong.
-- says: {row_count:,} of {of_count:,} values of {column_name} lie far from the others: {detail}, where half are below {usual:,.0f}
-- least_values = 100: look at columns with this many values
-- distance = 12: warn if a value is this many times farther from the median than usual
-- most = 0.005: not if more than this share is so far away, since it is usual then
WITH middle AS (
  SELECT column_name, median(value) AS usual, mad(value) AS spread, count(*) AS n
  FROM numbers
  GROUP BY column_name
  HAVING n >= $least_values
)
SELECT column_name, '' AS provider, count(*) FILTER (is_far) AS row_count, count(*) AS of_count,
  any_value(usual) AS usual, max(abs(value - usual) / spread) AS figure,
  concat_ws(' to ',
    min(value) FILTER (is_far)::BIGINT,
    nullif(max(value) FILTER (is_far), min(value) FILTER (is_far))::BIGINT
  ) AS detail,
  (list(article_id ORDER BY abs(value - usual) DESC, article_id) FILTER (is_far))[:5] AS examples
FROM (
  SELECT *, abs(value - usual) > $distance * 1.4826 * spread AS is_far
  FROM numbers JOIN middle USING (column_name)
  WHERE spread > 0
)
GROUP BY column_name
HAVING row_count > 0 AND row_count <= of_count * $most
