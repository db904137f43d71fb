"""The report with its pictures, as one HTML file that needs nothing else."""

import base64
import html
import re

from matplotlib.figure import Figure

from training import pictures
from training.model_card import Findings, model_card

HTML = "report.html"

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; }}
th, td {{ border-bottom: 1px solid #ddd; padding: .2rem .8rem .2rem 0; text-align: left; }}
td {{ white-space: nowrap; }}
pre, code {{ background: #f4f4f4; }}
pre {{ padding: .6rem; overflow-x: auto; }}
img {{ max-width: 100%; }}
.pictures {{ display: flex; flex-wrap: wrap; gap: .8rem; }}
</style>
</head>
<body>
"""


def html_report(findings: Findings) -> bytes:
    """Return the model card and all pictures as one file; the same findings give the same bytes."""
    read = findings.judged.bundle
    content = [
        _HEAD.format(title=html.escape(f"Report on {read.version}")),
        _body(model_card(findings)),
        '<h2>Pictures</h2>\n<div class="pictures">\n',
        *(_picture(name, figure) for name, figure in figures(findings).items()),
        "</div>\n</body>\n</html>\n",
    ]
    return "".join(content).encode()


def figures(findings: Findings) -> dict[str, Figure]:
    """Draw every picture, by its name."""
    judged = findings.judged
    outcome = (judged.delayed, judged.probabilities)
    columns, contributions = judged.bundle.encoder.columns, judged.contributions()
    drawn = {
        "precision and recall": pictures.precision_recall(*outcome, judged.scores),
        "ROC": pictures.roc(*outcome, judged.scores),
        "calibration": pictures.reliability(*outcome, judged.scores),
        "thresholds": pictures.thresholds(*outcome, judged.bundle.threshold),
        "confusion": pictures.confusion(*outcome, judged.bundle.threshold),
        "importance": pictures.importance(columns, contributions),
        "SHAP summary": pictures.shap_summary(columns, judged.matrix, contributions),
    }
    drawn |= {
        f"by {by}": pictures.by_slice(findings.slices, by) for by in dict.fromkeys(each.by for each in findings.slices)
    }
    if findings.walk:
        drawn["walk-forward"] = pictures.walk_forward(findings.walk)
    return drawn


def _picture(name: str, figure: Figure) -> str:
    content = base64.b64encode(pictures.svg(figure)).decode()
    return f'<img alt="{html.escape(name)}" src="data:image/svg+xml;base64,{content}">\n'


def _body(markdown: str) -> str:
    """Turn the card's Markdown into HTML: headings, tables, lists, code and paragraphs are all that it has."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", markdown.strip()):
        lines += _block(block.splitlines())
    return "\n".join(lines) + "\n"


def _block(block: list[str]) -> list[str]:
    if not block:
        return []
    first = block[0]
    if first.startswith("#"):
        level = len(first) - len(first.lstrip("#"))
        return [f"<h{level}>{_inline(first.lstrip('# '))}</h{level}>", *_block(block[1:])]
    if first.startswith("```"):
        return ["<pre>" + html.escape("\n".join(block[1:-1])) + "</pre>"]
    if first.startswith("|"):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block]
        head = "".join(f"<th>{_inline(cell)}</th>" for cell in rows[0])
        body = ["<tr>" + "".join(f"<td>{_inline(cell)}</td>" for cell in row) + "</tr>" for row in rows[2:]]
        return ["<table>", f"<tr>{head}</tr>", *body, "</table>"]
    if first.startswith("- "):
        return ["<ul>", *(f"<li>{_inline(line[2:])}</li>" for line in block), "</ul>"]
    paragraph = [line for line in block if not line.startswith("- ")]
    rest = block[len(paragraph) :]
    return [f"<p>{_inline(' '.join(paragraph))}</p>", *_block(rest)]


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
