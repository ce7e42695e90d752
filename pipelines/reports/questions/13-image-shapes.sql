-- How many articles have an image of their own, and what shape is it?
--
-- Count articles and not images: one may have many. Those without an image are a row of their own,
-- so that the shares add up to 100.
--
-- shape: no image, unknown size, upright, square to 4:3, 4:3 to 16:9, or wider, by its first image whose size is known
-- article_count: articles
-- public_count: those that can be seen on the site
-- percent: article_count in percent of all articles
WITH shown AS (
    SELECT article_id, arg_min(aspect_ratio, position) AS aspect_ratio
    FROM article_images
    GROUP BY article_id
)
SELECT
    CASE
        WHEN shown.article_id IS NULL THEN 'no image'
        WHEN aspect_ratio IS NULL THEN 'unknown size'
        WHEN aspect_ratio < 1 THEN 'upright'
        WHEN aspect_ratio < 1.33 THEN 'square to 4:3'
        WHEN aspect_ratio < 1.78 THEN '4:3 to 16:9'
        ELSE 'wider'
    END AS shape,
    count(*) AS article_count,
    count(*) FILTER (WHERE is_public) AS public_count,
    round(100.0 * count(*) / (SELECT count(*) FROM articles), 1) AS percent
FROM articles
LEFT JOIN shown ON shown.article_id = articles.article_id
GROUP BY shape
ORDER BY article_count DESC, shape
