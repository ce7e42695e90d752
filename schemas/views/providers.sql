-- One row per publisher, and one with the provider null for the articles that name none.
-- Publishers are told apart by name, as in the view article_providers: one may have several domains.
-- provider: Name of the publisher; null for the articles that name none.
-- names: Its names as the files write them, in the order of the alphabet.
-- domains: Its domains in lower case, in the order of the alphabet.
-- article_count: Its articles.
-- public_count: Its articles that can be seen on the site.
-- median_quality: Median of the quality of its articles; null if none has one.
-- first_published_at: When its earliest article was published; null if none is dated.
-- last_published_at: When its latest article was published; null if none is dated.
SELECT
    provider,
    coalesce(list_sort(list(DISTINCT provider_name) FILTER (provider_name IS NOT NULL)), [])
        AS names,
    coalesce(
        list_sort(list(DISTINCT lower(provider_domain)) FILTER (provider_domain IS NOT NULL)), []
    ) AS domains,
    count(*) AS article_count,
    count(*) FILTER (is_public) AS public_count,
    median(quality) AS median_quality,
    min(published_at) AS first_published_at,
    max(published_at) AS last_published_at
FROM article_providers
GROUP BY provider
