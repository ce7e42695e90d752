-- One row per image that an article lists for itself.
-- Images of providers and of related items are not here: the table images has all of them.
-- aspect_ratio: Width divided by height, like 1.91; null where one of them is unknown or zero.
-- pixels: Width times height; null where one of them is unknown.
SELECT
    article_id,
    position,
    url,
    resolved_url,
    width,
    height,
    width / nullif(height, 0) AS aspect_ratio,
    width::BIGINT * height AS pixels,
    is_cached,
    title,
    attribution,
    published_month
FROM images
WHERE owner = 'article'
