"""Locality: what posts leave out, since all of their site share it: time zone and address."""

import polars as pl

from pipelines.mapping.post_mapping import PostMapping


def list_time_zones(source_paths: pl.Series, mapping: PostMapping) -> pl.Series | None:
    """The zone of each file by its mapping, null for UTC; no series if all have none."""
    if not mapping.folders:
        if mapping.time_zone is None:
            return None
        return pl.repeat(mapping.time_zone, len(source_paths), eager=True)
    zones = [each.time_zone if each else None for each in map(mapping.at, source_paths)]
    return pl.Series(zones, dtype=pl.String) if any(zones) else None


def complete_addresses(
    addresses: pl.Series, source_paths: pl.Series, mapping: PostMapping
) -> pl.Series:
    """`addresses`, of which those from the root of a site begin with that site if it is known."""
    if not (mapping.site or mapping.folders):
        return addresses
    distinct = source_paths.unique()
    sites = [each.site if each else None for each in map(mapping.at, distinct)]
    if not any(sites):
        return addresses
    site = source_paths.replace_strict(distinct, pl.Series(sites, dtype=pl.String))
    address = pl.lit(addresses)
    is_from_root = address.str.contains(r"^\s*/(?:[^/]|$)")
    whole = pl.lit(site) + address.str.strip_chars()
    return pl.select(
        pl.coalesce(pl.when(is_from_root).then(whole), address).alias(addresses.name)
    ).to_series()
