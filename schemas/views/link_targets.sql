-- One row per link of an article, with the one article that it points to.
-- Links are the related items of the file. No link is left out, and none is there twice.
-- article_id: The article that lists the link.
-- canonical_url: url without tracking and fragment.
-- link_kind: Where the link stands: related, in the list of related items.
-- url: Address of the target, as written.
-- resolution: one, ambiguous, none or self: articles with the address of the target; self is the article itself.
-- target_count: Articles that have the address of the target.
-- target_article_id: The article that owns the address, as in the view addresses; null if no article has it.
-- target_title: Headline of the target article; as the link gives it if no article has the address.
-- target_provider_name: Publisher of the target article; as the link gives it if no article has the address.
-- target_provider_domain: Domain of that publisher; as the link gives it if no article has the address.
-- target_published_at: When the target was published; as the link says if no article has the address.
-- target_quality: Score of the target article; as the link gives it if no article has the address.
-- target_is_public: The target article can be seen on the site; null if no article has the address.
SELECT
    link.article_id,
    'related' AS link_kind,
    link.position,
    link.web_url AS url,
    link.canonical_url,
    link.target_url_id,
    CASE
        WHEN link.is_self THEN 'self'
        WHEN owned.article_id IS NULL THEN 'none'
        WHEN owned.article_count > 1 THEN 'ambiguous'
        ELSE 'one'
    END AS resolution,
    coalesce(owned.article_count, 0) AS target_count,
    CASE WHEN link.is_self THEN link.article_id ELSE owned.article_id END AS target_article_id,
    CASE WHEN target.article_id IS NULL THEN link.title ELSE target.title_text END AS target_title,
    CASE WHEN target.article_id IS NULL THEN link.provider_name ELSE target.provider_name END
        AS target_provider_name,
    CASE WHEN target.article_id IS NULL THEN link.provider_domain ELSE target.provider_domain END
        AS target_provider_domain,
    CASE WHEN target.article_id IS NULL THEN link.published_at ELSE target.published_at END
        AS target_published_at,
    CASE WHEN target.article_id IS NULL THEN link.quality ELSE target.quality END AS target_quality,
    target.is_public AS target_is_public,
    link.is_self,
    link.is_repeat,
    link.published_month
FROM related_links AS link
LEFT JOIN addresses AS owned ON owned.url_id = link.target_url_id
LEFT JOIN articles AS target
    ON target.article_id = CASE WHEN link.is_self THEN link.article_id ELSE owned.article_id END
