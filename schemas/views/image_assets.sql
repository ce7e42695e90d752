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
SELECT
    coalesce(resolved_url, url) AS image_url,
    regexp_replace(
        nullif(lower(regexp_extract(
            coalesce(resolved_url, url),
            '^(?i:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?(\[[^/?#\]]*\]|[^/?#:]+)',
            1
        )), ''),
        '^www\.([^.]+\..)',
        '\1'
    ) AS host,
    count(*) AS use_count,
    count(*) FILTER (owner = 'article') AS article_uses,
    count(*) FILTER (owner = 'provider') AS provider_uses,
    count(*) FILTER (owner = 'related') AS related_uses,
    count(DISTINCT article_id) FILTER (owner = 'article') AS article_count,
    max(width) AS width,
    max(height) AS height
FROM images
GROUP BY image_url, host
