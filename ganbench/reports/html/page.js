// The page: its panels, the strips of mode shares, the data set that is shown, light or dark.

/** Which methods the buttons choose; the first ones are shown first. */
function picksOf(article, methods, baseline) {
  const rows = [...article.querySelectorAll("table.main tbody tr")];
  const names = methods.map((m) => m.name);
  const learned = rows.filter((r) => r.classList.contains("learned")).map((r) => r.dataset.name);
  const lost = names.filter((name) => !learned.includes(name));
  const families = new Map();
  for (const method of methods) if (!families.has(method.family)) families.set(method.family, method.name);
  const first = [...families.values()].filter((name) => learned.includes(name)).slice(0, 4);
  const overview = [...new Set([...first, ...names.filter((name) => name === baseline), ...lost.slice(0, 1)])];
  const picks = { overview, "best five": names.slice(0, 5), "one of a family": [...families.values()] };
  if (lost.length && learned.length) picks["not learned"] = lost;
  return { ...picks, all: names, none: [] };
}

function setUpPanels(article, data) {
  const curves = article.querySelector('[data-panel="curves"]');
  if (curves) {
    const { methods, quantities } = data.curves;
    const known = methods.flatMap((m) => m.seeds);
    const axes = Object.keys(X_LABELS).filter((a) => known.some((s) => s.x[a].some((v) => v !== null)));
    const first = data.primary in quantities ? data.primary : Object.keys(quantities)[0];
    const picks = picksOf(article, methods, data.baseline);
    if (first && axes.length) new Panel(curves, { methods, quantities, axes, first, picks, levels: true });
    else curves.append(make("p", {}, "Nothing was measured."));
  }
  const losses = article.querySelector('[data-panel="histories"]');
  if (losses) {
    const methods = data.histories;
    const keys = [...new Set(methods.flatMap((m) => m.seeds.flatMap((s) => Object.keys(s.y))))];
    const quantities = Object.fromEntries(keys.map((key) => [key, { label: key }]));
    const picks = picksOf(article, methods, data.baseline);
    new Panel(losses, { methods, quantities, axes: ["g_steps"], first: keys[0], picks });
  }
}

/** One cell of a strip: darker for more samples, orange for none. */
function shareColour(permille, count) {
  if (!permille) return "var(--missing)";
  const part = Math.min(100, Math.round((permille * count) / 20));
  return `color-mix(in srgb, var(--share) ${part}%, var(--card))`;
}

function strip(entry, name, count) {
  const box = make("div", { class: "strip", role: "img" });
  box.setAttribute("aria-label", `${name}, seed ${entry.seed}: ${entry.present} of ${count} drawn`);
  const cells = entry.permille.map((share) => [shareColour(share, count), share]);
  if (count > 100) {
    const stops = cells.map(([colour], i) => `${colour} ${(100 * i) / count}% ${(100 * (i + 1)) / count}%`);
    box.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
  } else {
    cells.forEach(([colour, share], i) => {
      box.append(make("i", { style: `background:${colour}`, title: `${i}: ${plainNumber((share ?? 0) / 10)} %` }));
    });
  }
  return box;
}

function setUpShares(article, data) {
  const section = article.querySelector(".shares");
  if (!section) return;
  const list = make("div", { class: "strips" });
  const draw = () => {
    list.replaceChildren();
    for (const method of data.shares) {
      for (const entry of method.seeds) {
        if (which.value === "median" && !entry.median) continue;
        list.append(
          make("span", { class: method.control ? "who soft" : "who", title: method.name }, method.name),
          make("span", { class: "soft" }, method.n > 1 ? `seed ${entry.seed}` : ""),
          strip(entry, method.name, data.count),
          make("span", { class: "soft of" }, `${entry.present} of ${data.count}`),
        );
      }
    }
  };
  const [label, which] = chooser("of each method", [["median", "the median seed"], ["all", "up to five seeds, best first"]], draw);
  if (data.shares.some((m) => m.seeds.length > 1)) section.append(make("div", { class: "controls" }, label));
  section.append(list);
  draw();
}

function setUpTheme() {
  const button = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => {
    button.setAttribute("aria-pressed", String(dark()));
    button.textContent = dark() ? "light" : "dark";
    button.setAttribute("aria-label", `change to ${button.textContent}`);
  };
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  show();
}

function setUpCopies() {
  for (const box of document.querySelectorAll(".copy")) {
    const button = box.querySelector("button");
    button.addEventListener("click", async () => {
      const text = box.querySelector("code").textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(box.querySelector("code"));
        button.textContent = "selected";
      }
    });
  }
}

function setUpPictures() {
  const dialog = document.getElementById("large");
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  for (const button of document.querySelectorAll(".samples figure button")) {
    button.addEventListener("click", () => {
      const [small, large] = [button.querySelector("img"), dialog.querySelector("img")];
      dialog.querySelector("p").textContent = button.nextElementSibling.textContent;
      large.src = small.src;
      large.alt = small.alt;
      large.width = Math.round(small.naturalWidth * 1.6);
      dialog.showModal();
    });
  }
}

function setUpDatasets() {
  const select = document.getElementById("dataset");
  if (!select) return;
  const show = () => {
    for (const article of document.querySelectorAll(".dataset")) article.hidden = article.id !== select.value;
  };
  select.addEventListener("input", show);
  show();
}

for (const data of JSON.parse(document.getElementById("data").textContent)) {
  const article = document.getElementById(data.id);
  setUpTable(article);
  setUpPanels(article, data);
  setUpShares(article, data);
}
setUpDatasets();
setUpTheme();
setUpCopies();
setUpPictures();
