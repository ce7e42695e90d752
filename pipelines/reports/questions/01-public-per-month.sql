-- How many articles were published in each month, and how many of them can be seen on the site?
--
-- A file need not say that it is published. So is_published is null for many public articles, and
-- true for some that were taken down. Count is_public, which is never null.
--
-- $since month = 0001-01: only months from this one on
-- published_month: month of publishing in UTC; null for articles without a date
-- article_count: all articles of the month
-- public_count: those that can be seen on the site
-- hidden_count: the others
SELECT
    published_month,
    count(*) AS article_count,
    count(*) FILTER (WHERE is_public) AS public_count,
    count(*) FILTER (WHERE NOT is_public) AS hidden_count
FROM articles
WHERE published_month >= $since OR published_month IS NULL
GROUP BY published_month
ORDER BY published_month NULLS LAST
