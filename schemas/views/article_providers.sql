-- One row per article: its publisher under one name.
-- Names that differ only in case, white space, %2c or &amp; are one publisher, which bears the
-- spelling that most of its articles have. An article without a name goes by its domain.
-- provider: Name of the publisher; null if the file gives neither name nor domain.
WITH spelled AS (
    SELECT
        article_id,
        provider_name,
        provider_domain,
        is_public,
        quality,
        published_at,
        published_month,
        coalesce(provider_name, provider_domain) AS written
    FROM articles
),
cleaned AS (
    SELECT
        written,
        count(*) AS article_count,
        CASE WHEN regexp_matches(written, '%[^2-7]') THEN written ELSE url_decode(written) END
            AS unescaped,
        replace(replace(replace(replace(replace(unescaped, '&nbsp;', ' '), '&quot;', '"'),
            '&#39;', ''''), '&apos;', ''''), '&amp;', '&') AS decoded,
        nullif(trim(regexp_replace(decoded, '[\s\p{Z}]+', ' ', 'g')), '') AS name
    FROM spelled
    GROUP BY written
),
named AS (
    SELECT
        written,
        first_value(name) OVER (
            PARTITION BY lower(name) ORDER BY sum(article_count) DESC, name
        ) AS provider
    FROM cleaned
    GROUP BY written, name
)
SELECT
    spelled.article_id,
    named.provider,
    spelled.provider_name,
    spelled.provider_domain,
    spelled.is_public,
    spelled.quality,
    spelled.published_at,
    spelled.published_month
FROM spelled
JOIN named ON named.written IS NOT DISTINCT FROM spelled.written
