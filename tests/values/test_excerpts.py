"""Excerpts and titles as plain text."""

import polars as pl
import pytest

from pipelines.values.excerpts import strip_markup, strip_markups, strip_title, strip_titles


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain", "plain"),
        ("<p>Two <b>words</b></p>", "Two words"),
        ("a&nbsp;b \u00a0\n c", "a b c"),
        ("Q&amp;A &#233; &lt;b&gt;", "Q&A é <b>"),
        ("&amp;lt;", "&lt;"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        (" <br/> ", ""),
        ("<p>One</p><P class='x'>Two</P>Three<br>Four<b>teen</b>", "One Two Three Fourteen"),
        ("x<div and a<p", "x<div and a<p"),
        ("a<p-x>b<p.>c", "abc"),
        ("<ul><li>a<li>b</ul><strong>c</strong>d<title>e", "a b cde"),
        ("<details><summary>a</summary>b</details>c", "a b c"),
        ("<- back | next ->", "<- back | next ->"),
        ("x <-> y, <3, <5 dollars, a<5>b, </>", "x <-> y, <3, <5 dollars, a<5>b, </>"),
        ("a<!-- 1 > 2 -->b<!-- <p>c</p>\n-->d<!-- e", "abd<!-- e"),
        ("See <img alt=\"I <3 you\" src='/x'> and <a title = '1 > 2' href=/y>b</a>", "See and b"),
        ('<p title="x>a</p>b', "a b"),
        ("<b it's>a</b> <i>it's</i>", "a it's"),
        ("<style>p{color:red}</style><p>Hello</p><script>alert(1)</script>", "Hello"),
        ("a<STYLE media='x>y' >b</style\n>c<Script src=/x>d</SCRIPT>e", "ace"),
        ("a<template>b<p>c</template>d<noscript><img src=/x></noscript>e", "ade"),
        ("a<script>'<!--'</script>b<!-- <script> -->c", "abc"),
        ("a<script>1 < 2 && '</scripts>' </script>b", "ab"),
        ("a<!-- b <script>c</script>d", "a<!-- b d"),
        ("a<styles>b</styles>c <style and d", "abc <style and d"),
        ("a<script>b", "a"),
        ("&lt;script>a&lt;/script>", "<script>a</script>"),
        ("<!DOCTYPE html><?xml version='1'?>a<![CDATA[b]]>", "a"),
    ],
)
def test_markup_is_removed_and_entities_are_decoded_once(text: str, plain: str) -> None:
    assert strip_markup(text) == plain


def test_blank_text_is_null() -> None:
    assert strip_markups(pl.Series(["a", "<p></p>", None, "a"])).to_list() == ["a", None, None, "a"]


@pytest.mark.parametrize(
    "unclosed",
    [
        *("<a ", "<!-- ", "<", "</", "<p", '="<a "', "='<a =\"'\"", "<style ", '<style ="<style "'),
        *("<script></script ", "<style><script>", "<!--<script></script>", "<template ='<!--'"),
    ],
)
def test_unclosed_tags_take_linear_time(unclosed: str) -> None:
    # Reading this in quadratic time would take an hour.
    assert len(strip_markup(f"<b>-->{unclosed * 100_000}")) > 0


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        (" A  title\u00a0with\n spaces ", "A title with spaces"),
        ("AT&amp;T &#233; Q&A", "AT&T é Q&A"),
        ("The <dialog> element", "The <dialog> element"),
        ("List<T> and &lt;T&gt;", "List<T> and <T>"),
        ("a < b", "a < b"),
        ("A <b>bold</b> title", "A bold title"),
        ("One<br>two", "One two"),
        ("One <img src=/x> two", "One two"),
        ("One<!-- two -->", "One"),
        ("<b></b>", ""),
    ],
)
def test_a_title_loses_its_tags_only_if_it_is_html(title: str, plain: str) -> None:
    assert strip_title(title) == plain


def test_a_title_of_which_nothing_remains_is_null() -> None:
    titles = strip_titles(pl.Series(["<b></b>", None, "a"]))
    assert titles.to_list() == [None, None, "a"]
