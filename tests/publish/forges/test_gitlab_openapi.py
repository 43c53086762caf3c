"""The check of what was written down of GitLab's API against GitLab's own description finds every difference."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.support.gitlab.openapi import differences

OURS: dict[str, Any] = {
    "operations": {
        "POST /things/{id}/notes": {
            "query": {"sort": {"enum": ["asc", "desc"]}},
            "request": {"$ref": "#/$defs/new"},
            "answers": {"201": {"type": "array", "items": {"$ref": "#/$defs/note"}}},
        }
    },
    "$defs": {
        "new": {"required": ["body"], "properties": {"body": {"type": "string"}, "state": {"enum": ["open"]}}},
        "note": {"required": ["id"], "properties": {"id": {"type": "integer"}}},
    },
}
# The names of parameters differ, as they do between us and GitLab.
THEIRS = """
paths:
  /api/v4/things/{thing_id}/notes:
    post:
      parameters:
      - {name: thing_id, in: path, schema: {type: integer}}
      - {name: sort, in: query, schema: {type: string, enum: [asc, desc, none]}}
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/RequestBody_1"}}}}
      responses:
        "201": {content: {application/json: {schema: {$ref: "#/components/schemas/APIEntitiesNote"}}}}
components:
  schemas:
    RequestBody_1:
      type: object
      properties: {body: {type: string}, state: {type: string, enum: [open, closed]}}
      required: [body]
    APIEntitiesNote:
      allOf: [{type: object, properties: {id: {type: integer}, body: {type: string}}}]
"""


def test_where_there_is_no_difference_none_is_found() -> None:
    assert list(differences(OURS, yaml.safe_load(THEIRS))) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("/things/", "/others/", "there is no such operation"),
        ("post:", "put:", "there is no such operation"),
        ("name: sort,", "name: order,", "the query has no sort"),
        ("asc, desc, none", "asc, none", "sort in the query is never desc"),
        ("{body: {type: string}, state", "{state", "the request has no body"),
        ("open, closed", "closed", "state in the request is never open"),
        ("required: [body]", "required: [body, title]", "the request needs title"),
        ('"201"', '"200"', "it is not answered with 201"),
        ("{id: {type: integer}, body", "{body", "the answer has no id"),
    ],
)
def test_every_difference_is_told(old: str, new: str, sentence: str) -> None:
    assert THEIRS.count(old) == 1
    theirs = yaml.safe_load(THEIRS.replace(old, new))
    assert list(differences(OURS, theirs)) == [f"POST /things/{{id}}/notes: {sentence}"]
