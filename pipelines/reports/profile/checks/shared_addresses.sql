-- Addresses of several files
-- means: Several files say that they are the same page. A join by address counts their rows more than once.
-- fix: Keep one file of each, or correct the address of the others.
-- group: values
-- says: {row_count:,} of {of_count:,} posts share their address with another file ({detail})
-- least_rows = 2: warn from this many files on
SELECT 'canonical_url' AS column_name, '' AS provider, count(*) FILTER (owners > 1) AS row_count,
  count(*) AS of_count, row_count / of_count AS figure,
  count(DISTINCT url_id) FILTER (owners > 1) AS addresses,
  addresses || CASE WHEN addresses = 1 THEN ' address' ELSE ' addresses' END AS detail,
  -- Those of one address one after the other.
  (list(article_id ORDER BY url_id, article_id) FILTER (owners > 1))[:5] AS examples
FROM (
  SELECT *, count(*) OVER (PARTITION BY archive, url_id) AS owners FROM posts WHERE url_id IS NOT NULL
)
HAVING row_count >= $least_rows
