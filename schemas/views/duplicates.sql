-- One row per kind of likeness and article that is like another one.
-- Titles and teasers are compared in lower case, letters and digits alone; titles of fewer than 20
-- characters and teasers of fewer than 80 are left out, since they are alike by chance.
-- kind: same_address, same_title or same_teaser: what the article has in common with the others of its group.
-- group_id: The same for all articles that are alike, and for no others: first 128 bits of a SHA-256.
-- article_count: Articles of the group, at least 2.
-- domain: Domain of the publisher in lower case, or else the host of the address; null if both are unknown.
-- domain_count: Domains in the group.
-- is_syndicated: The articles of the group are of more than one domain.
WITH compared AS (
    SELECT 'same_address' AS kind, article_id, url_id AS compared_text
    FROM articles
    UNION ALL BY NAME
    SELECT
        'same_title' AS kind,
        article_id,
        trim(regexp_replace(lower(title_text), '[^\p{L}\p{M}\p{N}]+', ' ', 'g')) AS compared_text
    FROM articles
    WHERE length(compared_text) >= 20
    UNION ALL BY NAME
    SELECT
        'same_teaser' AS kind,
        article_id,
        trim(regexp_replace(lower(excerpt_text), '[^\p{L}\p{M}\p{N}]+', ' ', 'g')) AS compared_text
    FROM articles
    WHERE length(compared_text) >= 80
),
alike AS (
    SELECT kind, compared_text, unnest(list(article_id)) AS article_id, count(*) AS article_count
    FROM compared
    WHERE compared_text IS NOT NULL
    GROUP BY kind, compared_text
    HAVING count(*) > 1
),
placed AS (
    SELECT
        alike.kind,
        left(sha256(alike.kind || ' ' || alike.compared_text), 32) AS group_id,
        alike.article_id,
        alike.article_count,
        lower(coalesce(articles.provider_domain, articles.host)) AS domain,
        articles.archive,
        articles.title_text,
        articles.is_public,
        articles.published_at,
        articles.published_month
    FROM alike
    JOIN articles ON articles.article_id = alike.article_id
),
counted AS (
    SELECT group_id, count(DISTINCT domain) AS domain_count FROM placed GROUP BY group_id
)
SELECT
    placed.kind,
    placed.group_id,
    placed.article_id,
    placed.article_count,
    placed.domain,
    counted.domain_count,
    counted.domain_count > 1 AS is_syndicated,
    placed.archive,
    placed.title_text,
    placed.is_public,
    placed.published_at,
    placed.published_month
FROM placed
JOIN counted ON counted.group_id = placed.group_id
