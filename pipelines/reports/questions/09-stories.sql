-- Which stories did several publishers tell, who was first, and for how long did they go on?
--
-- A story is what the site itself lists together, not a chain of links, which would soon hold
-- everything. Articles without related items are in none. window_count above 1 says that the
-- story paused for more than 72 hours, so it may be a topic and no event.
--
-- $at_least number = 2: only stories of this many publishers
-- title: headline of the article that stands for the story
-- article_count: articles of the story
-- outlet_count: publishers of these
-- first_provider: publisher of the earliest article
-- first_published_at: when that was published
-- span_hours: hours from the earliest to the latest article
-- window_count: parts of the story without a pause of more than 72 hours
-- story_id: the story; the view story_articles has its articles
SELECT
    title,
    article_count,
    outlet_count,
    first_provider,
    first_published_at,
    round(span_hours, 1) AS span_hours,
    window_count,
    story_id
FROM stories
WHERE outlet_count >= $at_least
ORDER BY outlet_count DESC, article_count DESC, story_id
