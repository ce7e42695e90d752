-- Whose articles are incomplete, and in which months?
--
-- A share of a handful of articles jumps by chance, so small groups are left out. Compare a group
-- with the other months of the same publisher: 100% may be its way, and no fault.
--
-- $at_least number = 8: only groups of this many articles
-- provider: publisher; null for articles that name none
-- published_month: month of publishing; null for articles without a date
-- article_count: articles of the group
-- no_teaser_percent: those without a teaser, in percent
-- no_image_percent: those without an image of their own
-- no_original_url_percent: those without original_url
-- no_quality_percent: those whose quality is null or 0
-- untrimmed_count: those whose title has white space at its ends, or twice within
SELECT
    publisher.provider,
    articles.published_month,
    count(*) AS article_count,
    round(avg(CASE WHEN excerpt_text IS NULL THEN 100 ELSE 0 END), 1) AS no_teaser_percent,
    round(avg(CASE WHEN image_count = 0 THEN 100 ELSE 0 END), 1) AS no_image_percent,
    round(avg(CASE WHEN original_url IS NULL THEN 100 ELSE 0 END), 1) AS no_original_url_percent,
    round(avg(CASE WHEN articles.quality > 0 THEN 0 ELSE 100 END), 1) AS no_quality_percent,
    count(*) FILTER (WHERE title <> title_text) AS untrimmed_count
FROM articles
JOIN article_providers AS publisher ON publisher.article_id = articles.article_id
GROUP BY publisher.provider, articles.published_month
HAVING count(*) >= $at_least
ORDER BY
    no_teaser_percent DESC, article_count DESC, provider NULLS LAST, published_month NULLS LAST
