-- Which articles do others link to most?
--
-- Two files may have one address, so a join of links to articles by url_id counts some links twice.
-- The view article_degree counts each pair of articles once, and no article that links to itself.
--
-- $at_least number = 1: only articles with this many links to them
-- title_text: headline
-- provider_name: publisher
-- links_in: articles that link to it
-- providers_in: publishers of these, told apart by their domains
-- article_id: the article
SELECT title_text, provider_name, links_in, providers_in, article_id
FROM article_degree
WHERE links_in >= $at_least
ORDER BY links_in DESC, providers_in DESC, article_id
