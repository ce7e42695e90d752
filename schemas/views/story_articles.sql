-- One row per article that has links to others: the story that it belongs to.
-- A site tells its stories by the lists of related items. Two articles are of one story if they,
-- taken with the articles that they list, name the same set of addresses. Chains of links never
-- make a story: they would soon hold everything. Stories stay within one archive.
-- article_id: The article.
-- provider_name: Who published the article, as written; null if the file does not say.
-- provider_domain: Domain of its publisher, as written; null if the file has none.
-- title_text: Headline of the article as plain text, as in articles.
-- quality: Score that the site gave the article, higher is better; null if the file has none.
-- published_at: When the article was published, in UTC; null if nothing says so.
-- story_id: First 128 bits of the SHA-256 of the archive and the sorted addresses of the story.
-- story_window_id: story_id and the number of a part without a pause of more than 72 hours, from 1; null if the article is not dated.
-- gap_hours: Hours since the previous article of the story; null for the first, and if it is not dated.
-- address_count: Addresses that the story names, the article's own included.
-- is_lead: The one article that stands for the story: a public one before a hidden one, then the one of the highest quality, then the earliest, then the one with the smallest article_id.
WITH listed AS (
    SELECT article_id, list(target_url_id) AS targets
    FROM related_links
    WHERE NOT is_self AND NOT is_repeat
    GROUP BY article_id
),
named AS (
    SELECT
        articles.*,
        coalesce(articles.url_id, articles.article_id) AS own_url,
        array_to_string(list_sort(list_append(listed.targets, own_url)), ',') AS addresses_text,
        left(sha256(concat_ws(',', articles.archive, addresses_text)), 32) AS story_id,
        len(listed.targets) + 1 AS address_count
    FROM listed
    JOIN articles ON articles.article_id = listed.article_id
),
timed AS (
    SELECT
        *,
        date_diff('second', lag(published_at) OVER in_time, published_at) / 3600 AS gap_hours
    FROM named
    WINDOW in_time AS (PARTITION BY story_id ORDER BY published_at, article_id)
)
SELECT
    article_id,
    archive,
    story_id,
    CASE WHEN published_at IS NOT NULL THEN
        story_id || '-' || (
            1 + count(*) FILTER (gap_hours > 72) OVER (
                PARTITION BY story_id ORDER BY published_at, article_id
            )
        )
    END AS story_window_id,
    gap_hours,
    row_number() OVER (
        PARTITION BY story_id
        ORDER BY is_public DESC, quality DESC NULLS LAST, published_at NULLS LAST, article_id
    ) = 1 AS is_lead,
    address_count,
    url_id,
    title_text,
    provider_name,
    provider_domain,
    is_public,
    quality,
    published_at,
    published_month
FROM timed
