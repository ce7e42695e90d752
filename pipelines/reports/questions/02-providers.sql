-- Who publishes, how much, and how good is it?
--
-- A publisher may have several domains and spellings. The view providers brings them together, so
-- do not group by provider_name or provider_domain. Articles without a publisher are a row, too.
--
-- $at_least number = 1: only publishers with this many articles
-- provider: name of the publisher; null for articles that name none
-- domains: its domains
-- article_count: its articles
-- public_count: those that can be seen on the site
-- median_quality: median of the score that the site gave
SELECT provider, domains, article_count, public_count, median_quality
FROM providers
WHERE article_count >= $at_least
ORDER BY article_count DESC, provider NULLS LAST
