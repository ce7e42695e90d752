-- Two columns that never differ
-- means: Wherever both have a value it is the same. One of them tells nothing new, and comparing them finds nothing.
-- fix: Nothing, if this is meant. Else look whether the export writes the wrong value into one of them.
-- group: columns
-- says: {detail}{column_name} never differs from that of {other}, in {row_count:,} posts that have both
-- least_posts = 100: look at columns that this many posts have
SELECT a.column_name, '' AS provider, count(*) AS row_count, count(*) AS of_count, 1 AS figure,
  CASE kind WHEN 'host' THEN 'the host of ' ELSE '' END AS detail, b.column_name AS other, pick(article_id, a.published_at, true) AS examples
FROM comparables AS a JOIN comparables AS b USING (article_id, kind)
WHERE a.column_name < b.column_name
GROUP BY a.column_name, b.column_name, kind
HAVING row_count >= $least_posts AND bool_and(a.value = b.value)
  AND count(DISTINCT a.value) > 1
