-- Which articles were the hottest of late, and how much have they cooled since?
--
-- A file keeps its path when it is rewritten for another page. So an article is followed together
-- with its address. A heat below 0 is no temperature: the site hid the article then.
--
-- $since day: from this day on; by default the week before the newest observation
-- title_text: headline; null if the file has another address now
-- highest_heat: the highest heat since that day
-- hottest_at: when it was first seen to have that heat
-- latest_heat: the heat that was seen last
-- cooled_by: highest_heat less latest_heat; null if that is below 0
-- is_public: it could be seen on the site then
-- article_id: the article
-- url_id: its address then
WITH held AS (
    SELECT
        *,
        lead(seen_at) OVER (PARTITION BY article_id, url_id ORDER BY seen_at) AS held_until
    FROM observations
),
week AS (
    SELECT coalesce(CAST($since AS TIMESTAMP), max(seen_at) - INTERVAL 7 DAY) AS start
    FROM observations
),
followed AS (
    SELECT
        article_id,
        url_id,
        max(heat) AS highest_heat,
        arg_max(seen_at, (heat, -epoch_us(seen_at))) FILTER (WHERE heat >= 0) AS hottest_at,
        arg_max_null(heat, seen_at) AS latest_heat,
        arg_max(is_public, seen_at) AS is_public
    FROM held, week
    WHERE held_until > start OR held_until IS NULL
    GROUP BY article_id, url_id
)
SELECT
    articles.title_text,
    highest_heat,
    hottest_at,
    latest_heat,
    CASE WHEN latest_heat >= 0 THEN highest_heat - latest_heat END AS cooled_by,
    followed.is_public,
    followed.article_id,
    followed.url_id
FROM followed
LEFT JOIN articles
    ON articles.article_id = followed.article_id
    AND articles.url_id IS NOT DISTINCT FROM followed.url_id
WHERE highest_heat >= 0
ORDER BY highest_heat DESC, followed.article_id, followed.url_id
