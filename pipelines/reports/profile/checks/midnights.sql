-- Moments at exactly midnight
-- means: Such a post was hardly published at 00:00:00. Most often only its day is known, and somebody wrote a time all the same. Hours of the day are wrong then, and in another time zone the day is, too.
-- fix: Write only the date into the file if the time is not known.
-- group: values
-- says: {row_count:,} of {of_count:,} posts were published at exactly 00:00:00 UTC, so perhaps only their day is known
-- least_rows = 3: warn from this many on
SELECT 'published_at' AS column_name, '' AS provider, count(*) FILTER (is_bad) AS row_count,
  count(*) AS of_count, row_count / of_count AS figure, 1 / 86400 AS usual,
  pick(article_id, published_at, is_bad) AS examples
FROM (
  SELECT *, published_at = date_trunc('day', published_at) AS is_bad
  FROM posts
  WHERE published_precision = 'second'
)
HAVING row_count >= $least_rows
