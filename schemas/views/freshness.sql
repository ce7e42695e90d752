-- One row per article: how long after its publication it was first seen at its present address.
-- A file that is rewritten for another outlet has another address, and counts as first seen then.
-- article_id: The article.
-- url_id: Its present address, as in articles; null if it has none.
-- is_public: Whether the site shows it now, as in articles.
-- first_seen_at: When it was first seen: the time that the source gives, as of a commit, or else that of our run; null if no run has observed it yet.
-- is_backlog: It was there already when its archive was first observed, so that nothing is known about its delay.
-- hours_late: Hours from published_at to first_seen_at, negative if it was seen before; null for the backlog and without a date. It is at most a day too long where published_precision is date.
WITH seen AS (
    SELECT article_id, url_id, min(coalesce(source_time, observed_at)) AS first_seen_at
    FROM observations
    GROUP BY article_id, url_id
),
begun AS (
    SELECT articles.archive, min(seen.first_seen_at) AS begun_at
    FROM seen
    LEFT JOIN articles ON articles.article_id = seen.article_id
    GROUP BY articles.archive
)
SELECT
    articles.article_id,
    articles.archive,
    articles.url_id,
    articles.title_text,
    articles.provider_name,
    articles.is_public,
    articles.published_at,
    articles.published_precision,
    seen.first_seen_at,
    seen.first_seen_at = begun.begun_at AS is_backlog,
    CASE WHEN seen.first_seen_at > begun.begun_at THEN
        date_diff('second', articles.published_at, seen.first_seen_at) / 3600
    END AS hours_late,
    articles.published_month
FROM articles
LEFT JOIN seen
    ON seen.article_id = articles.article_id AND seen.url_id IS NOT DISTINCT FROM articles.url_id
LEFT JOIN begun ON begun.archive IS NOT DISTINCT FROM articles.archive
