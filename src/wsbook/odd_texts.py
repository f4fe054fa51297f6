"""Texts like any others, which a careless server changes, or takes for something else."""

ODD_TEXTS = (
    "",
    "  blanks  around  and  within  ",
    "   ",
    "again",
    "again",
    "Straße",
    "STRASSE",
    "quit",
    "/quit",
    "ping",
    "007",
    "null",
    '{"json": [1, 2.50]}',
    "<b>&amp; &lt;",
    "100 %, %%, %s, %(text)s",
    "{{}}",
    "{}, {{}}, {0}, {text}, {name}, {client_id}, {room_id}, {seat}",
    "$$, $text, ${name}, \\n",
    "one\ntwo\r\n\tthree\n",
    "Grüße, 世界, 👩‍👩‍👧",
    "e\u0301 is not \u00e9, \ufb01 is not fi",
)
"""None starts with `@`, which means something in 08."""
