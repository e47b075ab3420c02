// A chart with its switches: which methods, which seeds, which quantity, which axes.

const X_LABELS = { g_steps: "generator updates", images_seen: "real images seen", seconds: "CPU seconds" };
const DASHES = ["", "7 4", "2 4", "10 3 2 3", "14 4", "4 2", "1 3", "12 3 3 3 3 3"];
const EVENTS = "pointermove pointerdown".split(" ");

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

function familyColour(family) {
  return `var(--f-${family.toLowerCase().replace(/[^a-z0-9-]/g, "-")})`;
}

function chooser(label, options, changed) {
  const select = make("select");
  for (const [value, text] of options) select.append(make("option", { value }, text));
  select.addEventListener("input", changed);
  return [make("label", {}, label, select), select];
}

/** A row of buttons that are on or off; returns its element and the set of what is on. */
function toggles(legend, entries, on, changed) {
  const chosen = new Set(on);
  const box = make("fieldset", { class: "chips" }, make("legend", {}, legend));
  const buttons = new Map();
  const show = () => {
    for (const [value, button] of buttons) button.setAttribute("aria-pressed", String(chosen.has(value)));
  };
  for (const { value, text, colour } of entries) {
    const button = make("button", { type: "button" });
    if (colour) button.append(make("i", { class: "dot", style: `background:${colour}` }));
    button.append(text);
    button.addEventListener("click", () => {
      if (!chosen.delete(value)) chosen.add(value);
      show();
      changed();
    });
    buttons.set(value, button);
    box.append(button);
  }
  const set = (values) => {
    chosen.clear();
    for (const value of values) chosen.add(value);
    show();
    changed();
  };
  show();
  return { box, chosen, set };
}

class Panel {
  /** @param holder section @param spec {methods, quantities, axes, picks, first, levels} */
  constructor(holder, spec) {
    this.spec = spec;
    const draw = () => this.draw();
    const seeds = [...new Set(spec.methods.flatMap((m) => m.seeds.map((s) => s.seed)))].sort((a, b) => a - b);
    const quantities = Object.entries(spec.quantities).map(([key, q]) => [key, q.label === key ? key : `${q.label} (${key})`]);
    const axes = spec.axes.map((name) => [name, X_LABELS[name]]);
    const [quantityLabel, quantity] = chooser("show", quantities, () => { this.chooseScale(); draw(); });
    const [axisLabel, axis] = chooser("by", axes, draw);
    Object.assign(this, { quantity, axis });
    quantity.value = spec.first;
    this.log = make("input", { type: "checkbox" });
    this.log.addEventListener("input", draw);
    this.whole = make("input", { type: "checkbox" });
    this.whole.addEventListener("input", draw);
    const ticks = [make("label", {}, this.log, "logarithmic")];
    if (spec.levels) ticks.push(make("label", {}, this.whole, "down to the floor, up to the Gaussian"));
    const controls = make("div", { class: "controls" }, quantityLabel, axisLabel, ...ticks);
    const entries = spec.methods.map((m) => ({ value: m.name, text: m.name, colour: familyColour(m.family) }));
    this.methods = toggles("methods", entries, Object.values(spec.picks)[0], draw);
    const picks = make("div", { class: "controls" });
    for (const [name, picked] of Object.entries(spec.picks)) {
      const button = make("button", { type: "button" }, name);
      button.addEventListener("click", () => this.methods.set(picked));
      picks.append(button);
    }
    const kinds = seeds.map((seed) => ({ value: seed, text: String(seed) }));
    const median = spec.methods.some((m) => m.median) && seeds.length > 1;
    if (median) kinds.unshift({ value: "median", text: "median" });
    this.seeds = toggles("seeds", kinds, spec.allSeeds || !median ? kinds.map((k) => k.value) : ["median", ...seeds.slice(0, 10)], draw);
    this.chart = make("div", { class: "chart" });
    this.under = make("output", { class: "under" }, "Point at a line to read it.");
    const thinned = spec.methods.some((m) => m.n > m.seeds.length);
    const note = thinned ? [make("p", { class: "hint" }, "Of methods with many seeds some are drawn, evenly from the best to the worst.")] : [];
    holder.append(controls, picks, this.methods.box, this.seeds.box, this.chart, this.under, ...note);
    for (const name of EVENTS) this.chart.addEventListener(name, (event) => this.point(event));
    this.chart.addEventListener("pointerleave", () => this.light(null));
    this.chooseScale();
    this.watch();
  }

  /** Redraw when the place for the chart becomes another; a hidden one has none. */
  watch() {
    let width = 0;
    new ResizeObserver(() => {
      const now = this.chart.clientWidth;
      if (now && now !== width) {
        width = now;
        this.draw();
      }
    }).observe(this.chart);
  }

  chooseScale() {
    const key = this.quantity.value;
    const fine = this.spec.methods
      .flatMap((m) => m.seeds.flatMap((s) => s.y[key] ?? []))
      .filter((v) => v !== null);
    const [low, high] = [Math.min(...thin(fine)), Math.max(...thin(fine))];
    this.log.checked = fine.length > 0 && low > 0 && high / low > 20;
  }

  lines() {
    const [key, axis] = [this.quantity.value, this.axis.value];
    const [lines, used, seeds] = [[], {}, this.seeds.chosen];
    for (const method of this.spec.methods) {
      if (!this.methods.chosen.has(method.name)) continue;
      used[method.family] = (used[method.family] ?? -1) + 1;
      const common = { colour: familyColour(method.family), dash: DASHES[used[method.family] % DASHES.length] };
      const withMedian = method.median && seeds.has("median");
      let labelled = false;
      const add = (curve, name, more) => {
        const points = (curve.y[key] ?? []).map((y, i) => [curve.x[axis][i], y]);
        if (!points.some((p) => p[1] !== null)) return;
        lines.push({ ...common, name, points, label: "", ...more });
      };
      if (withMedian) {
        const which = method.n > 1 ? `median of ${method.n}` : `seed ${method.seeds[0]?.seed}`;
        add(method.median, `${method.name}, ${which}`, { width: 2.4, opacity: 1, label: method.name });
        labelled = true;
      }
      for (const curve of method.seeds) {
        if (!seeds.has(curve.seed)) continue;
        const alone = method.n === 1 || !withMedian;
        if (withMedian && method.n === 1) continue;
        const label = labelled ? "" : method.name;
        labelled = true;
        add(curve, `${method.name}, seed ${curve.seed}`, { width: alone ? 1.6 : 1, opacity: alone ? 0.9 : 0.4, label });
      }
    }
    return lines;
  }

  draw() {
    if (!this.chart.clientWidth) return;
    const q = this.spec.quantities[this.quantity.value];
    const levels = this.spec.levels
      ? [{ y: q.floor, name: "floor", dash: "6 4" }, { y: q.gaussian, name: "Gaussian", dash: "2 4" }]
      : [];
    this.shown = this.lines();
    const better = q.better ? `, ${q.better}` : "";
    this.drawn = drawChart(this.chart, {
      lines: this.shown,
      levels,
      log: this.log.checked,
      whole: this.whole.checked,
      xLabel: X_LABELS[this.axis.value],
      yLabel: `${q.label}${better}`,
      said: `${q.label} of ${[...this.methods.chosen].join(", ")} by ${X_LABELS[this.axis.value]}`,
      empty: "Choose a method above.",
    });
  }

  point(event) {
    const place = this.drawn.root.getBoundingClientRect();
    const zoom = this.drawn.width / place.width;
    this.light(nearest(this.shown, (event.clientX - place.left) * zoom, (event.clientY - place.top) * zoom));
  }

  light(found) {
    for (const line of this.shown ?? []) line.path.classList.toggle("off", Boolean(found) && line !== found.line);
    if (!found) return;
    const [x, y] = found.point;
    this.under.textContent = `${found.line.name}: ${plainNumber(y)} at ${plainNumber(x)} ${X_LABELS[this.axis.value]}`;
  }
}

/** At most ten thousand of many values, so that they can be arguments. */
function thin(values) {
  const step = Math.ceil(values.length / 10000) || 1;
  return values.filter((_, i) => i % step === 0);
}
