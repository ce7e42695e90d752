-- A column with one value
-- means: Every post has the same value. The column tells nothing apart, although its name says that it does.
-- fix: Nothing, if this is meant. Else look whether the export still knows the real values.
-- group: columns
-- says: {column_name} is {detail} in all {row_count:,} posts that have it
-- least_posts = 100: look at columns with this many values
SELECT column_name, '' AS provider, count(*) AS row_count, count(*) AS of_count, 1 AS figure,
  '"' || left(any_value(value), 80) || '"' AS detail, pick(article_id, published_at, true) AS examples
FROM singles
GROUP BY column_name
HAVING row_count >= $least_posts AND count(DISTINCT value) = 1
