-- Which images do many articles use?
--
-- Most images of the table images are logos of publishers, or belong to related items. Only
-- article_count counts articles that show an image as their own. One that many show is most likely
-- a logo or a placeholder.
--
-- $at_least number = 2: only images of this many articles
-- image_url: address of the image
-- article_count: articles that list it for themselves
-- use_count: all places where it is listed, as by publishers and related items
-- width: greatest width in pixels that a place gives
-- height: greatest height in pixels that a place gives
SELECT image_url, article_count, use_count, width, height
FROM image_assets
WHERE article_count >= $at_least
ORDER BY article_count DESC, image_url
