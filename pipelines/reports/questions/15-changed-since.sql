-- What changed in the articles since an earlier snapshot?
--
-- A file keeps its path and its article_id while it is rewritten for another page. So look at the
-- rows of url_id first: where it changed, the other values are those of another article.
--
-- $since snapshot: compare with this one; by default the one before
-- change: new, gone or changed
-- article_id: the article
-- source_path: its file below raw/
-- column_name: the column whose value changed; null for a whole article
-- old_value: the value in the earlier snapshot, as text
-- new_value: the value now, as text
WITH old_cells AS (
    SELECT article_id, column_name, value
    FROM (SELECT article_id, COLUMNS(* EXCLUDE article_id)::VARCHAR FROM articles_at($since))
    UNPIVOT (value FOR column_name IN (COLUMNS(* EXCLUDE article_id)))
),
new_cells AS (
    SELECT article_id, column_name, value
    FROM (SELECT article_id, COLUMNS(* EXCLUDE article_id)::VARCHAR FROM articles)
    UNPIVOT (value FOR column_name IN (COLUMNS(* EXCLUDE article_id)))
),
cells AS (
    SELECT article_id, column_name, old_cells.value AS old_value, new_cells.value AS new_value
    FROM old_cells
    FULL JOIN new_cells USING (article_id, column_name)
    WHERE old_value IS DISTINCT FROM new_value
)
SELECT
    CASE
        WHEN older.article_id IS NULL THEN 'new'
        WHEN newer.article_id IS NULL THEN 'gone'
        ELSE 'changed'
    END AS change,
    coalesce(newer.article_id, older.article_id) AS article_id,
    coalesce(newer.source_path, older.source_path) AS source_path,
    cells.column_name,
    cells.old_value,
    cells.new_value
FROM articles AS newer
FULL JOIN articles_at($since) AS older ON older.article_id = newer.article_id
LEFT JOIN cells ON cells.article_id = newer.article_id AND cells.article_id = older.article_id
WHERE older.article_id IS NULL OR newer.article_id IS NULL OR cells.article_id IS NOT NULL
ORDER BY change DESC, source_path, column_name
