-- One row per article and topic.
-- A topic that the file lists twice is there once. Topics are trimmed, and blank ones left out.
-- topic: The topic, without white space around it.
-- is_site_wide: At least 95% of the articles of its archive have the topic, so that it tells nothing; never true in an archive of fewer than 20 articles.
WITH listed AS (
    SELECT DISTINCT
        article_id,
        trim(regexp_replace(unnest(topics), '[\s\p{Z}]+', ' ', 'g')) AS topic
    FROM articles
),
archives AS (
    SELECT archive, count(*) AS article_count FROM articles GROUP BY archive
),
common AS (
    SELECT articles.archive, listed.topic, count(*) AS article_count
    FROM listed
    JOIN articles ON articles.article_id = listed.article_id
    GROUP BY ALL
)
SELECT
    articles.article_id,
    articles.archive,
    listed.topic,
    articles.is_public,
    articles.provider_name,
    articles.provider_domain,
    articles.published_on,
    archives.article_count >= 20 AND common.article_count >= 0.95 * archives.article_count
        AS is_site_wide,
    articles.published_month
FROM listed
JOIN articles ON articles.article_id = listed.article_id
JOIN archives ON archives.archive IS NOT DISTINCT FROM articles.archive
JOIN common
    ON common.archive IS NOT DISTINCT FROM articles.archive AND common.topic = listed.topic
WHERE listed.topic <> ''
