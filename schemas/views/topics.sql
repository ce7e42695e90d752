-- One row per article and topic.
-- A topic that the file lists twice is there once. Topics are trimmed, and blank ones left out.
-- topic: The topic, without white space around it.
-- is_site_wide: At least 95% of the articles of its archive have the topic, so that it says
--   nothing about one of them. Never true in an archive of fewer than 20 articles.
WITH counted AS (
    SELECT *, count(*) OVER (PARTITION BY archive) AS archive_count FROM articles
),
listed AS (
    SELECT DISTINCT
        article_id,
        archive,
        trim(regexp_replace(unnest(topics), '[\s\p{Z}]+', ' ', 'g')) AS topic,
        is_public,
        provider_name,
        provider_domain,
        published_on,
        archive_count,
        published_month
    FROM counted
)
SELECT
    article_id,
    archive,
    topic,
    is_public,
    provider_name,
    provider_domain,
    published_on,
    archive_count >= 20 AND count(*) OVER (PARTITION BY archive, topic) >= 0.95 * archive_count
        AS is_site_wide,
    published_month
FROM listed
WHERE topic <> ''
