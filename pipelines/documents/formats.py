"""Formats: front matter is read by the language that its fence names.

Each language is imported where it is needed. Most archives have only one.
"""

from collections.abc import Collection, Iterable

from pipelines.documents.doubts import FrontMatter
from pipelines.documents.fences import Post
from pipelines.documents.field_path import FieldPath
from pipelines.documents.places import Place
from pipelines.mapping.post_mapping import RepeatedKeys


def parse_front_matter(
    post: Post, secret_keys: Collection[str], repeated_keys: RepeatedKeys
) -> FrontMatter:
    """The mapping that the front matter of `post` holds, and what is in doubt.

    The mapping is empty if there is nothing in it. No error shows anything from below one of the
    `secret_keys`. TOML forbids repeated keys, whatever is said of them.

    Raises:
        FrontMatterError: It cannot be read, is no mapping, or is beyond a limit.
    """
    if post.language == "toml":
        from pipelines.documents.toml_front import parse_toml

        return FrontMatter(parse_toml(post.front_matter))
    if post.language == "json":
        from pipelines.documents.json_front import read_json

        return read_json(post.front_matter, secret_keys, repeated_keys)
    from pipelines.documents.libyaml import read_yaml

    return read_yaml(post.front_matter, secret_keys, repeated_keys)


def locate_fields(post: Post, paths: Iterable[FieldPath]) -> dict[FieldPath, Place]:
    """Where the values of `paths` begin. An absent value is placed where its parent begins.

    `parse_front_matter` must accept `post`.
    """
    if post.language == "toml":
        from pipelines.documents.toml_front import locate_in_toml

        return locate_in_toml(post.front_matter, paths)
    if post.language == "json":
        from pipelines.documents.json_front import locate_in_json

        return locate_in_json(post.front_matter, paths)
    from pipelines.documents.libyaml import locate_in_yaml

    return locate_in_yaml(post.front_matter, paths)
