/* On paper nothing is folded; with ?solutions=none in the address the solutions are left out. */
(function () {
  if (new URLSearchParams(location.search).get("solutions") === "none")
    document.documentElement.classList.add("without-solutions");
  var opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll(".bd-article details:not([open])"));
    opened.forEach(function (fold) { fold.open = true; });
  });
  addEventListener("afterprint", function () {
    opened.forEach(function (fold) { fold.open = false; });
  });
})();
