-- One row per article: its publisher under one name.
-- Names that differ only in case, in white space, or in how a comma or an ampersand is escaped are
-- one publisher. It bears the spelling that most of its articles have, without escapes. An article
-- without a name goes by the domain of its publisher.
-- provider: Name of the publisher; null if the file gives neither name nor domain.
WITH named AS (
    SELECT
        *,
        coalesce(provider_name, provider_domain) AS written,
        CASE WHEN regexp_matches(written, '%[^2-7]') THEN written ELSE url_decode(written) END
            AS decoded,
        replace(replace(replace(replace(replace(decoded, '&nbsp;', ' '), '&quot;', '"'),
            '&#39;', ''''), '&apos;', ''''), '&amp;', '&') AS unescaped,
        nullif(trim(regexp_replace(unescaped, '[\s\p{Z}]+', ' ', 'g')), '') AS name
    FROM articles
),
counted AS (
    SELECT *, count(*) OVER (PARTITION BY name) AS spelling_count FROM named
)
SELECT
    article_id,
    archive,
    first_value(name) OVER (PARTITION BY lower(name) ORDER BY spelling_count DESC, name)
        AS provider,
    provider_name,
    provider_domain,
    is_public,
    quality,
    published_at,
    published_month
FROM counted
