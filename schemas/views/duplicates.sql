-- One row per kind of likeness and article that is like another one.
-- Titles and teasers are compared in lower case, letters and digits alone. Titles of fewer than 20
-- characters and teasers of fewer than 80 are left out, since they may be alike by chance.
-- kind: same_address, same_title or same_teaser: what the articles of a group have in common.
-- group_id: The same for all articles that are alike in this, and for no others.
-- article_count: Articles of the group, at least 2.
-- domain: Domain of the publisher in lower case, or else the host of the address; null if both are
--   unknown.
-- domain_count: Domains in the group.
-- is_syndicated: The articles of the group are of more than one domain.
WITH folded AS (
    SELECT
        *,
        lower(coalesce(provider_domain, host)) AS domain,
        trim(regexp_replace(lower(title_text), '[^\p{L}\p{M}\p{N}]+', ' ', 'g')) AS folded_title,
        trim(regexp_replace(lower(excerpt_text), '[^\p{L}\p{M}\p{N}]+', ' ', 'g')) AS folded_teaser
    FROM articles
),
compared AS (
    SELECT
        unnest(['same_address', 'same_title', 'same_teaser']) AS kind,
        unnest([
            url_id,
            CASE WHEN length(folded_title) >= 20 THEN folded_title END,
            CASE WHEN length(folded_teaser) >= 80 THEN folded_teaser END
        ]) AS compared_text,
        article_id,
        archive,
        domain,
        title_text,
        is_public,
        published_at,
        published_month
    FROM folded
),
repeated AS (
    SELECT *, count(*) OVER (PARTITION BY kind, compared_text) AS article_count
    FROM compared
    WHERE compared_text IS NOT NULL
    QUALIFY article_count > 1
),
counted AS (
    SELECT
        *,
        left(sha256(kind || ' ' || compared_text), 32) AS group_id,
        count(DISTINCT domain) OVER (PARTITION BY kind, compared_text) AS domain_count
    FROM repeated
)
SELECT
    kind,
    group_id,
    article_id,
    article_count,
    domain,
    domain_count,
    domain_count > 1 AS is_syndicated,
    archive,
    title_text,
    is_public,
    published_at,
    published_month
FROM counted
