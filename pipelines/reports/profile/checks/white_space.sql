-- White space that nobody sees
-- means: A text begins or ends with a space, or has two spaces or a no-break space inside. (A no-break space beside : ; ? ! % « » is French and all right.) It looks like another text, and is a different one: groups and joins split.
-- fix: Trim these values in the files, and let the export trim them.
-- group: values
-- says: {row_count:,} of {of_count:,} values of {column_name} have white space that is not seen: {detail}
-- least_rows = 1: warn from this many on
WITH judged AS (
  SELECT *, value <> trim(value, E' \t\n\r' || chr(160)) AS is_untrimmed,
    regexp_matches(trim(value), '\s\s|[\t\n\r]') AS is_double,
    regexp_matches(trim(value, chr(160)), '[^«\x{00A0}]\x{00A0}+[^:;?!%»\x{00A0}]') AS is_unbroken
  FROM texts
  WHERE NOT is_sentence AND NOT is_derived AND trim(value) <> ''
)
SELECT column_name, '' AS provider,
  count(*) FILTER (is_untrimmed OR is_double OR is_unbroken) AS row_count,
  count(*) AS of_count, row_count / of_count AS figure,
  concat_ws(', ',
    nullif(count(*) FILTER (is_untrimmed), 0) || ' at the beginning or end',
    nullif(count(*) FILTER (is_double), 0) || ' doubled, or a line end',
    nullif(count(*) FILTER (is_unbroken), 0) || ' no-break'
  ) AS detail,
  pick(article_id, published_at, is_untrimmed OR is_double OR is_unbroken) AS examples
FROM judged
GROUP BY column_name
HAVING row_count >= $least_rows
