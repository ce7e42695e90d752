-- From which hosts to which others do addresses lead?
--
-- Nobody fetched the pages. This only compares original_url with web_url, so an empty answer means
-- that the archive never gives two hosts, and not that there are no redirects.
--
-- original_host: host of original_url, without www.
-- web_host: host of web_url, without www.
-- article_count: articles
SELECT original_host, web_host, count(*) AS article_count
FROM article_hosts
WHERE has_other_host
GROUP BY original_host, web_host
ORDER BY article_count DESC, original_host, web_host
