-- Missing values pile up
-- means: In these months many more posts lack a value than in other months. Most often an import broke at that time, or its source changed.
-- fix: Look at what wrote these posts then. If the source still knows the values, fill them in.
-- group: gaps
-- says: {row_count:,} of {of_count:,} posts have no {column_name} ({figure:.0%}), where {usual:.0%} is usual
-- least_rows = 10: warn from this many missing values in a month on
-- least_posts = 20: look at months with this many posts of a provider, or of all
-- least_months = 4: without this many such months nothing is usual
-- most_usual = 0.25: not where more than this share is usually missing
-- jump = 0.3: warn if the share of missing values is larger than usual by this much
WITH monthly AS (
  SELECT column_name, type, published_month, provider, grouping(provider) = 1 AS is_all,
    count(*) AS n, count(*) FILTER (is_missing) AS missing, missing / n AS share
  FROM cells ANTI JOIN shifts USING (column_name, type)
  WHERE published_month IS NOT NULL
  GROUP BY GROUPING SETS (
    (column_name, type, published_month, provider), (column_name, type, published_month)
  )
  HAVING n >= $least_posts
), compared AS (
  SELECT *, median(share) OVER others AS usual, count(*) OVER others AS others
  FROM monthly
  WINDOW others AS (
    PARTITION BY column_name, type, provider, is_all
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW
  )
), suspects AS (
  SELECT *,
    -- What single providers do not explain is said of all.
    sum(missing) FILTER (NOT is_all) OVER months >= 0.8 * max(missing) FILTER (is_all) OVER months
      AS is_explained,
    bool_or(is_all) OVER months AS is_general
  FROM compared
  WHERE others >= $least_months - 1 AND missing >= $least_rows AND usual <= $most_usual
    AND share >= usual + $jump
  WINDOW months AS (PARTITION BY column_name, type, published_month)
)
SELECT suspects.column_name, suspects.type, suspects.provider,
  list(DISTINCT suspects.published_month ORDER BY suspects.published_month) AS months,
  count(*) FILTER (is_missing) AS row_count, count(*) AS of_count, row_count / of_count AS figure,
  max(usual) AS usual, pick(article_id, published_at, is_missing) AS examples
FROM suspects JOIN cells
  ON cells.column_name = suspects.column_name AND cells.type = suspects.type
  AND cells.published_month = suspects.published_month
  AND (is_all OR cells.provider = suspects.provider)
WHERE CASE WHEN is_all THEN coalesce(NOT is_explained, true)
  ELSE coalesce(is_explained, true) OR NOT is_general END
GROUP BY suspects.column_name, suspects.type, suspects.provider, is_all
