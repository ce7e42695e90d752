-- Dates that are not likely
-- means: A post is dated after the day on which the tables were made, or years before all others. Charts over time stretch to that day.
-- fix: Correct the date in the file. A post that is to appear later may well be right.
-- group: values
-- says: {row_count:,} of {of_count:,} posts have an unlikely date: {detail}
-- gap = 5: warn of the oldest if they lie this many years before all others
-- most = 0.01: at most this share of the posts is called the oldest
WITH dated AS (
  SELECT *, row_number() OVER (ORDER BY published_at, article_id) AS place,
    count(*) OVER () AS n,
    lead(published_at) OVER (ORDER BY published_at, article_id) AS next_at
  FROM posts
  WHERE published_at IS NOT NULL
), border AS (
  SELECT max(published_at) AS last_old
  FROM dated
  WHERE place <= n * $most AND next_at - published_at > INTERVAL 1 YEAR * $gap
)
SELECT 'published_at' AS column_name, '' AS provider, count(*) FILTER (is_bad) AS row_count,
  count(*) AS of_count, row_count / of_count AS figure,
  concat_ws(' and ',
    nullif(count(*) FILTER (published_at > made_at), 0) || ' in the future, up to '
      || max(published_at)::DATE,
    nullif(count(*) FILTER (published_at <= last_old), 0) || ' long before all others, from '
      || min(published_at)::DATE || ' on'
  ) AS detail,
  pick(article_id, published_at, is_bad) AS examples
FROM (
  SELECT *, coalesce(published_at > made_at OR published_at <= last_old, false) AS is_bad
  FROM dated, border, made
)
HAVING row_count > 0
