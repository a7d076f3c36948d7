// Filter the atlas: every word must occur in a line or in its chapter's heading.
(function () {
  const form = document.getElementById("atlas-filter");
  const words = document.getElementById("atlas-words");
  const part = document.getElementById("atlas-part");
  const status = document.getElementById("atlas-status");
  const count = document.getElementById("atlas-count");
  const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const groups = Array.from(document.querySelectorAll("#atlas tbody"), (body) => {
    const heading = plain(body.rows[0].textContent);
    const lines = Array.from(body.rows).slice(1);
    return { body, lines: lines.map((row) => ({ row, text: heading + " " + plain(row.textContent + " " + row.id) })) };
  });
  const total = groups.reduce((sum, group) => sum + group.lines.length, 0);
  function update() {
    const wanted = plain(words.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { body, lines } of groups) {
      const here = !part.value || body.dataset.part === part.value;
      let any = 0;
      for (const { row, text } of lines) {
        const fits = here && (!status.value || row.dataset.status === status.value) &&
          wanted.every((word) => text.includes(word));
        row.hidden = !fits;
        any += fits;
      }
      body.hidden = !any;
      shown += any;
    }
    count.textContent = shown + " of " + total + " techniques";
    const query = new URLSearchParams();
    for (const field of [words, part, status]) if (field.value) query.set(field.id.slice(6), field.value);
    history.replaceState(null, "", (String(query) ? "?" + query : location.pathname) + location.hash);
  }
  const asked = new URLSearchParams(location.search);
  for (const field of [words, part, status]) field.value = asked.get(field.id.slice(6)) || "";
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update();
})();
