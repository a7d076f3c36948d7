"""The page of a deck: its look, and how reveal.js and MathJax are started."""

__all__ = ["PAGE"]

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="assets/reset.css">
<link rel="stylesheet" href="assets/reveal.css">
<style>
body { background: #fdfcfa; color: #22262e; }
.reveal { font: 30px/1.4 system-ui, sans-serif; }
.reveal .slides { text-align: left; }
.reveal .slides section { height: 100%; padding: 30px 50px; box-sizing: border-box; }
h1 { font: 600 60px/1.2 Georgia, serif; margin: 120px 0 30px; }
h2 { font: 600 34px/1.2 Georgia, serif; margin: 0 0 24px; color: #0067a3; }
.idea > * { margin: 0 0 18px; }
em { font-style: italic; } strong { font-weight: 700; }
ul, ol { padding-left: 1.2em; } ul { list-style: disc; } ol { list-style: decimal; }
th { text-align: left; font-weight: 600; } th, td { padding: 4px 24px 4px 0; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
p code, li code, td code { font-size: .85em; background: #0001; padding: 0 .15em; }
pre { line-height: 1.35; padding: 12px 18px; border-radius: 6px; background: #f4f1ea; }
pre.output { background: none; border-left: 4px solid #0067a3; border-radius: 0; }
.idea > img { display: block; margin: 0 auto; background: #fbf9f4; }
.idea > img { min-height: 420px; max-height: 540px; max-width: 100%; object-fit: contain; }
.idea p ~ img { min-height: 340px; max-height: 440px; }
.live .explore { max-width: 820px; margin: 0 auto; font-size: 22px; }
.live .explore-card img { max-height: 400px; width: auto; min-height: 340px; }
a { color: #0067a3; }
@media (prefers-reduced-motion: reduce) { .reveal * { transition: none !important; } }
</style>
<script>MathJax = {svg: {fontCache: 'local'}, options: {enableMenu: false},
  tex: {inlineMath: [['\\\\(', '\\\\)']], displayMath: [['\\\\[', '\\\\]']]},
  startup: {typeset: false}};</script>
<script src="assets/mathjax.js"></script>
<script src="assets/reveal.js"></script>
<script src="assets/notes.js"></script>
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script>
// What is still too large is made smaller, when it is shown: before that it has no size.
function fit(section) {
  var idea = section.querySelector('.idea');
  function large() {
    return section.scrollHeight > section.clientHeight || idea.scrollWidth > idea.clientWidth;
  }
  for (var zoom = 0.95; zoom > 0.4 && large(); zoom -= 0.05) idea.style.zoom = zoom;
}
MathJax.startup.promise.then(function () { return MathJax.typesetPromise(); }).then(function () {
  Reveal.initialize({width: 1280, height: 720, margin: 0, center: false, hash: true,
    slideNumber: 'c/t', transition: 'none', plugins: [RevealNotes]}).then(function () {
    fit(Reveal.getCurrentSlide());
    Reveal.on('slidechanged', function (event) { fit(event.currentSlide); });
    document.documentElement.dataset.ready = 'yes';
  });
});
</script>
</body>
</html>
"""
