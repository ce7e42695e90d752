-- Which topics stand together more often than chance would have it?
--
-- Frequent topics meet often anyway, so look at the lift. The lift of rare pairs is luck.
--
-- $at_least number = 5: only pairs that this many articles have
-- topic: one topic
-- other_topic: the other one, later in the alphabet
-- together_count: articles that have both
-- lift: together_count divided by what chance would give; 1 is chance
WITH telling AS (
    SELECT article_id, topic FROM topics WHERE NOT is_site_wide
),
counted AS (
    SELECT topic, count(*) AS article_count FROM telling GROUP BY topic
),
pairs AS (
    SELECT one.topic, other.topic AS other_topic, count(*) AS together_count
    FROM telling AS one
    JOIN telling AS other ON other.article_id = one.article_id
    WHERE one.topic < other.topic
    GROUP BY one.topic, other.topic
)
SELECT
    pairs.topic,
    pairs.other_topic,
    pairs.together_count,
    round(
        pairs.together_count * (SELECT count(*) FROM articles)
        / (one.article_count * other.article_count),
        1
    ) AS lift
FROM pairs
JOIN counted AS one ON one.topic = pairs.topic
JOIN counted AS other ON other.topic = pairs.other_topic
WHERE pairs.together_count >= $at_least
ORDER BY lift DESC, pairs.topic, pairs.other_topic
