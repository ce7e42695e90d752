-- A value that only newer or only older posts have
-- means: At some month the archive began or stopped to record this. A figure over the whole time mixes both halves.
-- fix: Count only the months that have it, or fill in the others if their source still knows the values.
-- group: gaps
-- says: {row_count:,} of {of_count:,} posts {detail} have no {column_name} ({figure:.0%}), of the others {usual:.0%}
-- least_posts = 50: both sides have this many posts
SELECT column_name, type, '' AS provider,
  list(DISTINCT published_month ORDER BY published_month) AS months,
  count(*) FILTER (is_missing) AS row_count, count(*) AS of_count, row_count / of_count AS figure,
  any_value(CASE WHEN before > after THEN after ELSE before END) AS usual,
  any_value(CASE WHEN before > after THEN 'before ' ELSE 'since ' END || since) AS detail,
  pick(article_id, published_at, is_missing) AS examples
FROM cells JOIN shifts USING (column_name, type)
WHERE (published_month < since) = (before > after)
  AND least(before_n, after_n) >= $least_posts
GROUP BY column_name, type
