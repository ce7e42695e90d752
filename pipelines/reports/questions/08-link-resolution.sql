-- Where do links lead: to one article, to several with the same address, or to none?
--
-- Joining links to articles multiplies those whose address several files have. The view
-- link_targets has each link once, and says in resolution how it was found.
--
-- resolution: one, ambiguous, none or self: articles with the address of the target; self is the article itself
-- link_count: links
-- repeat_count: those that repeat an earlier link of their article
-- article_count: articles that have such links
-- address_count: addresses that they lead to
SELECT
    resolution,
    count(*) AS link_count,
    count(*) FILTER (WHERE is_repeat) AS repeat_count,
    count(DISTINCT article_id) AS article_count,
    count(DISTINCT target_url_id) AS address_count
FROM link_targets
GROUP BY resolution
ORDER BY link_count DESC, resolution
