"""States: what articles were like in earlier versions of their files."""

from collections.abc import Sequence
from typing import Final

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.rows import Document, frame_documents
from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.articles import build_articles
from pipelines.tables.documents import Part, collect_documents
from pipelines.tables.fields import read_fields
from pipelines.tables.observations import VALUES
from schemas.observations import OBSERVATIONS

STATE_TYPES: Final = pl.Schema(
    {
        "article_id": pl.String(),
        "version": pl.String(),
        "url_id": pl.String(),
        **{name: OBSERVATIONS.dtypes[name] for name in VALUES},
    }
)


def build_states(
    documents: Sequence[Document], versions: Sequence[str], mapping: PostMapping
) -> pl.DataFrame:
    """The state of each document that is a valid article, in no order.

    Of a file there may be several documents, each of another version. `versions` names those of
    `documents`.
    """
    if not documents:
        return STATE_TYPES.to_frame()
    table = frame_documents(documents)
    # Articles have unique ids, so each version stands for a file of its own.
    numbers = [f"{number:032x}" for number in range(len(documents))]
    place = table.column_names.index("document_id")
    table = table.set_column(place, table.schema.field(place), pa.array(numbers, pa.string()))
    everything = pl.repeat("all", len(documents), dtype=pl.String, eager=True)
    (rows,) = table.to_batches()
    fields = read_fields(collect_documents([Part(rows, everything)]), mapping)
    articles = build_articles(fields).rows.select("article_id", *STATE_TYPES.names()[2:])
    ids = [document.document_id for document in documents]
    named = pl.DataFrame({"_number": numbers, "article_id": ids, "version": versions})
    return named.join(articles, left_on="_number", right_on="article_id").select(*STATE_TYPES)
