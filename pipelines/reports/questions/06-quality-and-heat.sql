-- Does quality predict heat, or is heat made from it?
--
-- Heat measures no reader. On sites of the news family it is mostly computed: quality, plus 20 for
-- each related item. There, a heat of -1 says that the article is hidden.
--
-- is_public: whether the articles of this row can be seen on the site
-- article_count: articles
-- formula_count: those whose heat is quality + 20 x related_count
-- quality_count: those whose heat is their quality alone
-- negative_count: those with a heat below 0
-- null_count: those without heat or quality
-- correlation: Pearson's r of quality and heat, of articles with a heat of 0 or more; null if there are too few
SELECT
    is_public,
    count(*) AS article_count,
    count(*) FILTER (WHERE heat = quality + 20 * related_count) AS formula_count,
    count(*) FILTER (WHERE heat = quality) AS quality_count,
    count(*) FILTER (WHERE heat < 0) AS negative_count,
    count(*) FILTER (WHERE heat IS NULL OR quality IS NULL) AS null_count,
    nullif(round(corr(quality, heat) FILTER (WHERE heat >= 0), 2), CAST('nan' AS DOUBLE)) AS correlation
FROM articles
GROUP BY is_public
ORDER BY is_public DESC
