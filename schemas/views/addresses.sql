-- One row per address that articles have: join links to this view, and no link is counted twice.
-- Several files may have one address. Its owner is then the public one before a hidden one, then
-- the one of the highest quality, then the earliest, then the one with the smallest article_id.
-- An address is the same page in every archive, so one may own what another archive has, too.
-- url_id: First 128 bits of the SHA-256 of canonical_url; unique here.
-- article_id: The article that owns the address.
-- article_count: Articles that have this address; above 1 it is ambiguous.
SELECT
    url_id,
    canonical_url,
    article_id,
    count(*) OVER same_address AS article_count
FROM articles
WHERE url_id IS NOT NULL
WINDOW same_address AS (PARTITION BY url_id)
QUALIFY row_number() OVER (
    PARTITION BY url_id
    ORDER BY is_public DESC, quality DESC NULLS LAST, published_at NULLS LAST, article_id
) = 1
