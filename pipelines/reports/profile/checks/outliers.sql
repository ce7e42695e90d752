-- Numbers far from all others
-- means: A number lies far outside of what is usual for its column: a typing error, another unit, or something worth reading.
-- fix: Look at each. Correct it in the file if it is wrong.
-- group: values
-- says: {row_count:,} of {of_count:,} values of {column_name} lie far from all others ({detail}), where half are below {usual:,.0f}
-- least_values = 100: look at columns with this many values
-- distance = 12: warn if a value is this many times farther from the median than is usual (MAD)
-- beyond = 3: and if it is this many times farther than 995 of 1,000 values
WITH middle AS (
  SELECT column_name, median(value) AS usual, 1.4826 * mad(value) AS spread, count(*) AS n
  FROM numbers
  GROUP BY column_name
  HAVING n >= $least_values AND spread > 0
), far AS (
  SELECT *, abs(value - usual) AS away,
    greatest($distance * spread,
      $beyond * quantile_cont(away, 0.995) OVER (PARTITION BY column_name)) AS most
  FROM numbers JOIN middle USING (column_name)
)
SELECT column_name, '' AS provider, count(*) FILTER (away > most) AS row_count,
  count(*) AS of_count, any_value(usual) AS usual, max(away / spread) AS figure,
  array_to_string(
    list_reverse_sort(list(DISTINCT value::BIGINT) FILTER (away > most))[:3], ', '
  ) AS detail,
  (list(article_id ORDER BY away DESC, article_id) FILTER (away > most))[:5] AS examples
FROM far
GROUP BY column_name
HAVING row_count > 0
