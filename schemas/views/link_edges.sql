-- One row per pair of articles of which the first links to the second.
-- Links of an article to itself are left out, and several links to one article count once.
-- article_id: The article that links.
-- target_article_id: The article that it links to: the owner of the address, as in the view addresses.
-- link_count: Links of the first article to the second.
SELECT
    link.article_id,
    owned.article_id AS target_article_id,
    count(*) AS link_count
FROM related_links AS link
JOIN addresses AS owned ON owned.url_id = link.target_url_id
WHERE NOT link.is_self
GROUP BY ALL
