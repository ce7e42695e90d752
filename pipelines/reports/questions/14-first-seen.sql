-- How long after they were published did we first see articles?
--
-- What was there at the first look may be years old and says nothing, so it is counted apart. A
-- file that was rewritten for another page was first seen when it got its present address.
--
-- provider: publisher; null for articles that name none
-- article_count: articles that were first seen after the first look
-- backlog_count: articles that were there at the first look
-- median_hours: median of the hours from publishing to the first sight
-- p90_hours: nine of ten articles were seen within so many hours
-- early_count: articles that were seen before their own time of publishing
SELECT
    provider,
    count(*) FILTER (WHERE NOT is_backlog) AS article_count,
    count(*) FILTER (WHERE is_backlog) AS backlog_count,
    round(median(hours_late), 1) AS median_hours,
    round(quantile_cont(hours_late, 0.9), 1) AS p90_hours,
    count(*) FILTER (WHERE hours_late < 0) AS early_count
FROM freshness
JOIN article_providers ON article_providers.article_id = freshness.article_id
GROUP BY provider
ORDER BY article_count DESC, backlog_count DESC, provider NULLS LAST
