-- One row per article: the hosts of its two addresses, in lower case, without www. and port.
-- Nobody follows links here: where the hosts differ, the file itself gives two addresses.
-- original_host: Host of original_url; null if there is none.
-- web_host: Host of web_url; null if there is none.
-- has_other_host: The two differ; null if one of them is unknown.
WITH found AS (
    SELECT
        *,
        '^(?i:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(\[[^/?#\]]*\]|[^/?#:]+)' AS pattern,
        nullif(lower(regexp_extract(original_url, pattern, 1)), '') AS original_name,
        nullif(lower(regexp_extract(web_url, pattern, 1)), '') AS web_name
    FROM articles
)
SELECT
    article_id,
    archive,
    provider_name,
    provider_domain,
    is_public,
    original_url,
    web_url,
    regexp_replace(original_name, '^www\.([^.]+\..)', '\1') AS original_host,
    regexp_replace(web_name, '^www\.([^.]+\..)', '\1') AS web_host,
    original_host <> web_host AS has_other_host,
    published_month
FROM found
