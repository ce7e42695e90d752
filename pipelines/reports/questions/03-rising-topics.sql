-- Which topics are rising, and which are falling?
--
-- The archive grows and shrinks, so counts say little. Compare shares of the articles of each
-- period. A topic that nearly every article has says nothing and is left out.
--
-- $since month: first month of the later period; by default it ends with the newest month, unless that is yet to come
-- $months number = 6: length of both periods, which follow each other
-- topic: the topic
-- earlier_count: articles with it in the earlier period
-- later_count: articles with it in the later period
-- earlier_percent: these in percent of all articles of that period; null if it has none
-- later_percent: the same of the later period
-- change: later_percent less earlier_percent
WITH period AS (
    SELECT
        coalesce(
            CAST($since || '-01' AS DATE),
            date_trunc('month', max(published_on)) - to_months($months - 1)
        ) AS middle
    FROM articles
    WHERE published_on <= current_date
),
dated AS (
    SELECT article_id, published_on >= middle AS is_later
    FROM articles, period
    WHERE published_on >= middle - to_months($months)
        AND published_on < middle + to_months($months)
),
total AS (
    SELECT
        count(*) FILTER (WHERE NOT is_later) AS earlier,
        count(*) FILTER (WHERE is_later) AS later
    FROM dated
)
SELECT
    topic,
    count(*) FILTER (WHERE NOT is_later) AS earlier_count,
    count(*) FILTER (WHERE is_later) AS later_count,
    round(100 * earlier_count / nullif(earlier, 0), 1) AS earlier_percent,
    round(100 * later_count / nullif(later, 0), 1) AS later_percent,
    round(100 * later_count / nullif(later, 0) - 100 * earlier_count / nullif(earlier, 0), 1)
        AS change
FROM topics
JOIN dated ON dated.article_id = topics.article_id
CROSS JOIN total
WHERE NOT is_site_wide
GROUP BY topic, earlier, later
ORDER BY change DESC NULLS LAST, topic
