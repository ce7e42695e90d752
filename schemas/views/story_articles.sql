-- One row per article that has links to others: the story that it belongs to.
-- A site tells its stories by the lists of related items. Two articles are of one story if they,
-- taken with the articles that they list, name the same set of addresses. Chains of links never
-- make a story: they would soon hold everything. Stories stay within one archive.
-- story_id: First 128 bits of the SHA-256 of the archive and the sorted addresses of the story.
-- address_count: Addresses that the story names, the article's own included.
-- story_window_id: story_id and the number of a part without a pause of more than 72 hours, from 1; null if the article is not dated.
-- gap_hours: Hours since the previous article of the story; null for the first, and if it is not dated.
-- is_lead: The one article that stands for the story: a public one before a hidden one, then the one of the highest quality, then the earliest, then the one with the smallest article_id.
WITH listed AS (
    SELECT article_id, list(DISTINCT target_url_id) AS targets
    FROM related_links
    WHERE NOT is_self
    GROUP BY article_id
),
told AS (
    SELECT
        articles.article_id,
        articles.archive,
        list_sort(
            list_distinct(list_append(listed.targets, coalesce(articles.url_id, articles.article_id)))
        ) AS addresses,
        left(sha256(concat_ws(',', articles.archive, array_to_string(addresses, ','))), 32)
            AS story_id,
        len(addresses) AS address_count,
        articles.url_id,
        articles.title_text,
        articles.is_public,
        articles.quality,
        articles.published_at,
        articles.published_month,
        date_diff('second', lag(articles.published_at) OVER in_time, articles.published_at) / 3600
            AS gap_hours
    FROM listed
    JOIN articles ON articles.article_id = listed.article_id
    WINDOW in_time AS (PARTITION BY story_id ORDER BY articles.published_at, articles.article_id)
)
SELECT
    article_id,
    archive,
    story_id,
    address_count,
    story_id || '-' || (
        1 + count(*) FILTER (gap_hours > 72) OVER (
            PARTITION BY story_id ORDER BY published_at, article_id
        )
    ) AS story_window_id,
    gap_hours,
    row_number() OVER (
        PARTITION BY story_id
        ORDER BY is_public DESC, quality DESC NULLS LAST, published_at NULLS LAST, article_id
    ) = 1 AS is_lead,
    url_id,
    title_text,
    is_public,
    quality,
    published_at,
    published_month
FROM told
