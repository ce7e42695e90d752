-- A score of zero
-- means: A few posts have the score 0 where others have real scores. Most often nobody scored them, and averages are too low.
-- fix: Leave the score out of the file if there is none.
-- group: values
-- says: {row_count:,} of {of_count:,} values of {column_name} are 0, where the others begin at {usual:,.0f} and half are above {figure:,.0f}
-- least_rows = 3: warn from this many on
-- most = 0.2: not if more than this share is 0
SELECT column_name, '' AS provider, count(*) FILTER (value = 0) AS row_count, count(*) AS of_count,
  median(value) FILTER (value <> 0) AS figure, min(value) FILTER (value <> 0) AS usual,
  pick(article_id, published_at, value = 0) AS examples
FROM numbers
GROUP BY column_name
HAVING row_count >= $least_rows AND row_count <= of_count * $most AND min(value) >= 0
