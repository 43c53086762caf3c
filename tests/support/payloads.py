"""What somebody may call a branch, a scenario or a metric to make a report, a shell or a CI system do their will."""

from __future__ import annotations

SHELL = (
    "$(touch pwned)",
    "`touch pwned`",
    '"; touch pwned; echo "',
    "'; touch pwned; echo '",
    "${IFS}touch${IFS}pwned",
    "| tee pwned",
    "&& touch pwned",
    "> pwned",
    "--output=pwned",
    "${{ github.token }}",
    "%PATH%",
    "$env:GITHUB_TOKEN",
)
MARKDOWN = (
    "# heading",
    "**bold** _italic_ ~~gone~~",
    "[click](https://evil.example)",
    "![pixel](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example/?a=b",
    "www.evil.example",
    "[x]: https://evil.example",
    "```\ncode\n```",
    "~~~",
    "- [x] done",
    "| a | b |",
    "\\|",
    "> quoted",
    "---",
    "1. one",
    "@org/team",
    "#1 GH-1 octo/shop#1",
    "fixes #1",
    ":tada:",
    "$x^2$",
    "admin@evil.example",
    "^^^",
    "`` ` ``",
)
HTML = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></table>",
    "</pre></td></tr></table>",
    "<!-- perfreg:comment key=default commit= alarm=0 hidden=0 metrics= -->",
    "--><b>",
    "&lt;b&gt; &#60;b&#62;",
    "<a href='javascript:alert(1)'>x</a>",
)
COMMANDS = (
    "::error::owned",
    "::set-output name=gate::pass",
    "::add-mask::a",
    "::stop-commands::x",
    "%0A::error::owned",
    "\n::error::owned",
    "\r\n::warning file=a::owned",
    "##[error]owned",
    "##vso[task.complete result=Succeeded]",
    "gate<<EOF\npass\nEOF",
)
MERMAID = (
    '"] bar [1]',
    "%%{init: {'securityLevel': 'loose'}}%%",
    'click A href "javascript:alert(1)"',
    "```mermaid\ngraph TD",
    "x-axis [a",
    "NaN",
)
ANSI = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\x1b[2J\x1b[H",
    "\u202egnol",
    "a\u200bb\u2066c",
    "\x08\x08\x00",
    "line\u2028break",
)
PAYLOADS = (*SHELL, *MARKDOWN, *HTML, *COMMANDS, *MERMAID, *ANSI)
