-- Far fewer posts than before
-- means: The number of posts a month fell to a fraction of what it was. Perhaps a feed ended, or posts did not reach the archive.
-- fix: Look whether posts of these months are missing. If the source really ended then, nothing is wrong.
-- group: gaps
-- says: {row_count:,} posts in the first of these months, where {usual:,.0f} were usual in the months before
-- least_usual = 20: look at archives with this many posts a month
-- months = 6: compare with this many months before
-- share = 0.2: warn if at most this share of what was usual is left
WITH span AS (
  SELECT strptime(min(published_month) || '-01', '%Y-%m-%d') AS first,
    -- The month in which the tables were made is not over.
    least(strptime(max(published_month) FILTER (published_at <= made_at) || '-01', '%Y-%m-%d'),
      date_trunc('month', any_value(made_at)) - INTERVAL 1 MONTH) AS last
  FROM posts, made
), monthly AS (
  SELECT strftime(month, '%Y-%m') AS published_month, count(article_id) AS n
  FROM span, unnest(generate_series(first, last, INTERVAL 1 MONTH)) AS months (month)
  LEFT JOIN posts ON published_month = strftime(month, '%Y-%m')
  GROUP BY ALL
), compared AS (
  SELECT *, median(n) OVER before AS usual, count(*) OVER before AS others
  FROM monthly
  WINDOW before AS (ORDER BY published_month ROWS BETWEEN $months PRECEDING AND 1 PRECEDING)
), suspects AS (
  SELECT *, row_number() OVER (ORDER BY published_month) AS place,
    datediff('month', DATE '1970-01-01', strptime(published_month || '-01', '%Y-%m-%d')) AS month
  FROM compared
  WHERE others = $months AND usual >= $least_usual AND n <= usual * $share
)
SELECT 'published_month' AS column_name, '' AS provider,
  list(published_month ORDER BY published_month) AS months,
  arg_min(n, published_month) AS row_count, arg_min(usual, published_month)::BIGINT AS of_count,
  row_count / of_count AS figure, arg_min(usual, published_month) AS usual, []::VARCHAR[] AS examples
FROM suspects
GROUP BY month - place
