-- One row per article, also of those without links: how it is linked.
-- Only links between articles count, each pair of articles once, and none of an article to itself.
-- article_id: The article.
-- listed_count: Links that the article lists, whatever they point to.
-- links_out: Articles that it links to.
-- links_in: Articles that link to it.
-- providers_in: Publishers of the articles that link to it, as in the view providers.
WITH edges AS MATERIALIZED (
    SELECT * FROM link_edges
),
outward AS (
    SELECT article_id, count(*) AS links_out FROM edges GROUP BY article_id
),
inward AS (
    SELECT
        edges.target_article_id AS article_id,
        count(*) AS links_in,
        count(DISTINCT source.provider) AS providers_in
    FROM edges
    JOIN article_providers AS source ON source.article_id = edges.article_id
    GROUP BY edges.target_article_id
)
SELECT
    articles.article_id,
    articles.archive,
    articles.title_text,
    articles.provider_name,
    articles.provider_domain,
    articles.is_public,
    articles.related_count AS listed_count,
    coalesce(outward.links_out, 0) AS links_out,
    coalesce(inward.links_in, 0) AS links_in,
    coalesce(inward.providers_in, 0) AS providers_in,
    articles.published_month
FROM articles
LEFT JOIN outward ON outward.article_id = articles.article_id
LEFT JOIN inward ON inward.article_id = articles.article_id
