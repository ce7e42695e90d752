-- One row per image address: how often it is used, and by whom.
-- image_url: Address of the image; a whole address where the site of the archive is known.
-- host: Host of that address in lower case, without www.; null if the address is relative.
-- use_count: Rows of the table images with this address.
-- article_uses: Those in which an article lists it for itself.
-- provider_uses: Those in which it belongs to the provider of an article, like a logo.
-- related_uses: Those in which it belongs to a related item or to its provider.
-- article_count: Articles that list it for themselves, each once.
-- width: Greatest width in pixels that a use gives; null if none does.
-- height: Greatest height in pixels that a use gives; null if none does.
WITH used AS (
    SELECT
        coalesce(resolved_url, url) AS image_url,
        count(*) AS use_count,
        count(*) FILTER (owner = 'article') AS article_uses,
        count(*) FILTER (owner = 'provider') AS provider_uses,
        count(*) FILTER (owner = 'related') AS related_uses,
        count(DISTINCT article_id) FILTER (owner = 'article') AS article_count,
        max(width) AS width,
        max(height) AS height
    FROM images
    GROUP BY image_url
),
placed AS (
    SELECT
        *,
        '^(?i:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(\[[^/?#\]]*\]|[^/?#:]+)' AS pattern,
        nullif(lower(regexp_extract(image_url, pattern, 1)), '') AS name
    FROM used
)
SELECT
    image_url,
    regexp_replace(name, '^www\.([^.]+\..)', '\1') AS host,
    use_count,
    article_uses,
    provider_uses,
    related_uses,
    article_count,
    width,
    height
FROM placed
