-- One row per story: articles that name the same set of addresses in their related items.
-- See the view story_articles for what makes a story. Articles without links are in none.
-- article_count: Articles of the story.
-- public_count: Articles of the story that can be seen on the site.
-- public_article_id: The public article that stands for the story; null if none is public.
-- lead_article_id: The article that stands for the story, as is_lead says in story_articles.
-- title: Headline of that article.
-- provider: Publisher of that article, as in article_providers.
-- outlet_count: Publishers of its articles.
-- outlets: Publishers of its articles, in the order of the alphabet.
-- first_article_id: The earliest article of the story; null if none is dated.
-- first_provider: Publisher of the earliest article.
-- first_published_at: When the earliest article was published; null if none is dated.
-- last_published_at: When the latest article was published; null if none is dated.
-- span_hours: Hours between the two; null if none is dated.
-- window_count: Parts of the story between which nothing was published for more than 72 hours; 0 if none is dated.
-- address_count: Addresses that the story names.
-- is_complete: Each of these addresses is an article of the story, so that all of them list one another.
SELECT
    story.story_id,
    any_value(story.archive) AS archive,
    count(*) AS article_count,
    count(*) FILTER (story.is_public) AS public_count,
    any_value(story.article_id) FILTER (story.is_lead AND story.is_public) AS public_article_id,
    any_value(story.article_id) FILTER (story.is_lead) AS lead_article_id,
    any_value(story.title_text) FILTER (story.is_lead) AS title,
    any_value(publisher.provider) FILTER (story.is_lead) AS provider,
    count(DISTINCT publisher.provider) AS outlet_count,
    coalesce(
        list_sort(list(DISTINCT publisher.provider) FILTER (publisher.provider IS NOT NULL)),
        []
    ) AS outlets,
    arg_min(story.article_id, (story.published_at, story.article_id))
        FILTER (story.published_at IS NOT NULL) AS first_article_id,
    arg_min_null(publisher.provider, (story.published_at, story.article_id))
        FILTER (story.published_at IS NOT NULL) AS first_provider,
    min(story.published_at) AS first_published_at,
    max(story.published_at) AS last_published_at,
    date_diff('second', min(story.published_at), max(story.published_at)) / 3600 AS span_hours,
    count(DISTINCT story.story_window_id) AS window_count,
    any_value(story.address_count) AS address_count,
    count(DISTINCT story.url_id) = any_value(story.address_count) AS is_complete
FROM story_articles AS story
JOIN article_providers AS publisher ON publisher.article_id = story.article_id
GROUP BY story.story_id
