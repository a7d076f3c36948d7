"""The pages that grading writes: one for each student, one for the teacher."""

from collections import Counter
from html import escape

__all__ = ["feedback_page", "summary_page"]

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
STYLE = """
:root { color-scheme: light dark; --ground: #fff; --text: #22262e; --line: #ccc;
  --soft: #f3f3f3; --link: #0067a3; --right: #00704a; --wrong: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181d; --text: #e4e8ee; --line: #444;
  --soft: #22252c; --link: #6bb8ec; --right: #5fd3a4; --wrong: #ff9b92; } }
body { background: var(--ground); color: var(--text); margin: 0;
  font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
h2 span { float: right; font-variant-numeric: tabular-nums; font-weight: 400; }
ul { list-style: none; margin: .4rem 0; padding: 0; } li { padding-left: 1.5rem; }
li::before { display: inline-block; width: 1.5rem; margin-left: -1.5rem; font-weight: 700; }
li.right::before { content: "✓"; color: var(--right); }
li.wrong::before { content: "✗"; color: var(--wrong); }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: .6rem;
  overflow: auto; max-height: 24rem; font: .85rem/1.45 ui-monospace, monospace; }
a { color: var(--link); }
.note { font-size: .9rem; margin: .2rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; }
th, td { border-bottom: 1px solid var(--line); }
td a, td.number { white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { background: var(--soft); min-width: 10rem; } .bar div { background: var(--wrong); }
.bar div { height: 1rem; }
@media print { pre { max-height: none; white-space: pre-wrap; } }
"""


def _page(title, body):
    return PAGE.format(title=escape(title), style=STYLE, body="\n".join(body))


def feedback_page(graded) -> str:
    """Return the page of one student, which holds nothing that is not in the sheet or theirs."""
    out_of = sum(result.out_of for result in graded.results)
    body = [f"<h1>{escape(graded.student)}</h1>"]
    body.append(f"<p><strong>{graded.points:g} of {out_of} points</strong></p>")
    if graded.fault:
        body.append(f"<p>Nothing could be graded: {escape(graded.fault)}</p>")
        return _page(graded.student, body)
    for result in graded.results:
        body.append(
            f"<h2>{escape(result.title or result.label)} "
            f"<span>{result.points:g} of {result.out_of}</span></h2>"
        )
        body += [f'<p class="note">{escape(note)}</p>' for note in result.notes]
        if result.stopped:
            body.append(f"<p>Your cell stopped. {escape(_sentence(result.stopped))}</p>")
        body.append("<ul>")
        for names, message in result.checks:
            kind = "wrong" if message else "right"
            text = f"<code>{escape(names)}</code>" + (f": {escape(message)}" if message else "")
            body.append(f'<li class="{kind}">{text}</li>')
        body.append("</ul>")
        if result.code:
            body.append(f"<pre>{escape(result.code[:20_000])}</pre>")
        if result.printed:
            body.append(f'<p class="note">It printed:</p><pre>{escape(result.printed)}</pre>')
    return _page(graded.student, body)


def _sentence(text):
    return text[:1].upper() + text[1:] + "."


def summary_page(every, files) -> str:
    """Return the page for the teacher: what the class got wrong, and every student."""
    out_of = sum(result.out_of for result in every[0].results)
    mean = sum(graded.points for graded in every) / len(every)
    read = [graded for graded in every if not graded.fault]
    body = [
        "<h1>What the class got wrong</h1>",
        f"<p>{len(every)} submissions, {len(every) - len(read)} of them unreadable; "
        f"on average {mean:.1f} of {out_of} points.</p>",
        *_wrong(read),
        "<h2>Students</h2>",
        '<div class="scroll"><table><tr><th>student</th><th>points</th><th>to look at</th></tr>',
    ]
    for graded in every:
        page = f"feedback/{files[graded.student]}.html"
        notes = [graded.fault] if graded.fault else _notes(graded)
        text = "<br>".join(map(escape, notes))
        body.append(
            f'<tr><td><a href="{escape(page)}">{escape(graded.student)}</a></td>'
            f'<td class="number">{graded.points:g}</td><td>{text}</td></tr>'
        )
    body += ["</table></div>", f"<p>{escape(_held(read))}</p>"]
    return _page("What the class got wrong", body)


def _notes(graded):
    """What a teacher should know of a submission, each thing once."""
    where: dict[str, list[str]] = {}
    for result in graded.results:
        for note in filter(None, (result.stopped, *result.notes)):
            where.setdefault(note, []).append(result.label)
    for note, labels in where.items():
        yield f"{labels[0] if len(labels) == 1 else f'{len(labels)} exercises'}: {note}"


def _wrong(read):
    """A bar for each exercise: the share of its points that the class did not get."""
    yield '<div class="scroll"><table><tr><th>exercise</th><th>points missed</th>'
    yield "<th></th><th>most often</th></tr>"
    for same in zip(*(graded.results for graded in read), strict=True):
        missed = 1 - sum(r.points for r in same) / (len(same) * max(same[0].out_of, 1))
        said = Counter(m if n in m else f"{n}: {m}" for r in same for n, m in r.checks if m)
        most = "<br>".join(f"{count} × {escape(text)}" for text, count in said.most_common(2))
        yield (
            f"<tr><td>{escape(same[0].title or same[0].label)}</td>"
            f'<td class="bar"><div style="width: {100 * missed:.0f}%"></div></td>'
            f'<td class="number">{100 * missed:.0f} %</td><td>{most}</td></tr>'
        )
    yield "</table></div>"


def _held(read):
    holds = {limit for graded in read for limit in graded.holds}
    missing = sorted({"memory", "network"} - holds)
    if not missing:
        return "The submissions ran with their time and memory limited and without network."
    return f"On this system the submissions ran without limits of {' and '.join(missing)}."
