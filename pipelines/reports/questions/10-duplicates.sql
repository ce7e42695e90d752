-- How many articles are there twice, and how many were syndicated to other sites?
--
-- No single sign finds all copies. A publisher may repeat its own headline every week, so only
-- likeness across domains speaks for syndication. Short titles and teasers are not compared.
--
-- kind: what the copies have in common: same_address, same_title or same_teaser
-- group_count: groups of copies
-- article_count: articles in these groups
-- syndicated_group_count: groups with more than one domain
-- syndicated_article_count: articles in these groups
-- public_count: articles in all groups that can be seen on the site
SELECT
    kind,
    count(DISTINCT group_id) AS group_count,
    count(*) AS article_count,
    count(DISTINCT CASE WHEN is_syndicated THEN group_id END) AS syndicated_group_count,
    count(*) FILTER (WHERE is_syndicated) AS syndicated_article_count,
    count(*) FILTER (WHERE is_public) AS public_count
FROM duplicates
GROUP BY kind
ORDER BY kind
