"""Can everything that people read be said in every language? Full catalogues, templates without bare text."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.ext import i18n

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "src/ostiary/protocols").glob("*/templates/*"))
PAGES = sorted((ROOT / "src/ostiary/protocols/web").glob("*.py"))
SCRIPTS = sorted((ROOT / "src/ostiary/protocols/web/static").glob("*.js"))
_SPOKEN = {"_", "gettext", "ngettext"}
_NAMES = re.compile(r"\b(Ostiary|AWS|JSON|HTML|UTC|X{5}(-X{5})+)\b")  # and the form of a code
_READ_OUT = re.compile(r'\b(?:aria-label|aria-description|title|placeholder|alt)="([^"]*)"')
_SENTENCE = re.compile(r"[A-Z][a-z]|[a-z] [a-z]")
_WORD = re.compile(r"[A-Za-z]{2}")
_WORDS = re.compile(r"[A-Za-z]+ [a-z]+ [a-z]+")
_NOT_SHOWN = {"Text", "say_many", "debug", "info", "warning", "error", "exception", "compile"}
_HOLE = "\x00"
_lexer = Environment(extensions=[i18n], autoescape=True)


def test_the_catalogues_are_complete_and_up_to_date() -> None:
    """`make texts` names what is missing: translate it in the `.po`, and let it compile that."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/texts.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_sentence_that_cannot_be_translated(template: Path) -> None:
    source = template.read_text("utf-8")
    assert list(_bare_texts(source)) == []
    assert list(_untranslated_literals(source)) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_translates_only_what_it_says_itself(template: Path) -> None:
    """What `_` is given counts as markup: a variable in its place would let a name become one."""
    tokens = [(kind, text) for _, kind, text in _tokens(template.read_text("utf-8"))]
    for number, (kind, text) in enumerate(tokens):
        if kind == "name" and text in _SPOKEN and tokens[number + 1][1] == "(":
            assert tokens[number + 2][0] == "string", "use `|say` for a text that comes from Python"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_of_python_has_no_sentence_that_cannot_be_translated(page: Path) -> None:
    assert list(_plain_sentences(ast.parse(page.read_text("utf-8")))) == []


def test_the_search_for_plain_sentences_can_find_them() -> None:
    code = """def show():
        '''A docstring is not shown.'''
        log.info("a line of the log is not shown")
        return page(error="this code is wrong", notice=Text("this is known"))"""
    assert list(_plain_sentences(ast.parse(code))) == ["this code is wrong"]


def test_scripts_take_their_sentences_from_the_page() -> None:
    assert {script.name: found for script in SCRIPTS if (found := _sentences_of(script))} == {}


def _sentences_of(script: Path) -> list[str]:
    code = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$|\s//\s.*$)", "", script.read_text("utf-8"), flags=re.DOTALL)
    literals = re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', code)
    sentences = [text for found in literals for text in found if re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", text)]
    return [text for text in sentences if text != "use strict"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ('<p>{{ _("Hello") }}</p>', []),
        ("<p>{% trans %}Hello <b>you</b>{% endtrans %}</p>", []),
        ("<p>{{ name }} and more</p>", ["and more"]),
        ('<button title="Open it"></button>', ["Open it"]),
        ('<button title="{{ _("Open it") }}" name="open"></button>', []),
        ('<a href="/{{ x }}"{% if y %} aria-current="page"{% endif %}>{{ z }}</a>{# a remark #}', []),
        ("<p>Ostiary · JSON</p>", []),
    ],
)
def test_the_search_for_bare_text_can_find_it(source: str, found: list[str]) -> None:
    assert list(_bare_texts(source)) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{{ email or "none at all" }}', ["none at all"]),
        ('{{ email or _("none at all") }}', []),
        ('{{ roles|sort(attribute="list.0.name")|join(", ") }}', []),
        ('{{ ngettext("%(num)s code left", "%(num)s codes left", n) }}', []),
    ],
)
def test_the_search_for_untranslated_literals_can_find_them(source: str, found: list[str]) -> None:
    assert list(_untranslated_literals(source)) == found


def _plain_sentences(node: ast.AST) -> Iterator[str]:
    """Literals of several words, but for docstrings, the log, and what is given to `Text`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Call) and _name_of(child.func) in _NOT_SHOWN:
            continue
        if isinstance(child, ast.keyword) and child.arg == "operator_text":
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and _WORDS.search(child.value):
            yield child.value
        yield from _plain_sentences(child)


def _name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _tokens(source: str) -> list[tuple[int, str, str]]:
    return [token for token in _lexer.lex(source) if token[1] != "whitespace"]


def _bare_texts(source: str) -> Iterator[str]:
    """What stands in the HTML between tags, or is read out, and was not made by an expression."""
    source = re.sub(r"{% block layout %}\w+{% endblock %}", "", source)
    html = _NAMES.sub("", _with_holes(source))
    html = re.sub(r"<(style|script)\b.*?</\1>|<!doctype[^>]*>", "", html, flags=re.DOTALL | re.IGNORECASE)
    read_out = [text for text in _READ_OUT.findall(html) if not text.startswith(("width=", "light"))]
    between = re.split(r"<[^<>]*>", html)
    for text in (*read_out, *between):
        for part in text.split(_HOLE):
            # Attributes that a condition adds to an element stand in a block of their own.
            if _WORD.search(re.sub(r'&\w+;|[a-z-]+="[^"]*"', "", part)):
                yield part.strip()


def _with_holes(source: str) -> str:
    """The template's own text, with a hole for every expression and every translated block."""
    parts: list[str] = []
    tokens = _tokens(source)
    in_trans = in_block = False
    for number, (_, kind, text) in enumerate(tokens):
        if kind == "block_begin":
            in_block = True
            in_trans = (in_trans or tokens[number + 1][2] == "trans") and tokens[number + 1][2] != "endtrans"
        elif kind == "block_end":
            in_block = False
        elif kind == "variable_begin" or (kind == "data" and in_trans):
            parts.append(_HOLE)
        elif kind == "data" and not in_block:
            parts.append(text)
    return "".join(parts)


def _untranslated_literals(source: str) -> Iterator[str]:
    """Sentences in expressions that no function of translation gets."""
    open_calls: list[bool] = []
    before = ""
    in_variable = False
    for _, kind, text in _tokens(source):
        if kind in {"variable_begin", "variable_end"}:
            in_variable = kind == "variable_begin"
        elif kind == "operator" and text == "(":
            open_calls.append(before in _SPOKEN)
        elif kind == "operator" and text == ")":
            open_calls.pop()
        elif kind == "string" and in_variable and not any(open_calls) and _SENTENCE.search(text):
            yield text.strip("\"'")
        before = text
