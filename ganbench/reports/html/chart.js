// A line chart in SVG: axes linear or logarithmic, levels across, names at the ends of lines.

function svg(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A number as an axis says it: 0.05, 300, 20k, 2e-6. */
function tickText(value) {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(3)}k`;
  if (size < 1e-3) return value.toExponential(0);
  return String(+value.toPrecision(3));
}

function plainNumber(value) {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(+value.toPrecision(3));
}

/** Round places between low and high: powers of ten, with 2 and 5 where there are few of them. */
function logTicks(low, high) {
  const powers = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e += 1) powers.push(e);
  const steps = powers.length > 12 ? Math.ceil(powers.length / 8) : 1;
  const parts = high / low < 200 ? [1, 2, 5] : [1];
  return powers
    .filter((_, i) => i % steps === 0)
    .flatMap((e) => parts.map((part) => part * 10 ** e))
    .filter((value) => value >= low && value <= high);
}

function linearTicks(low, high, about) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const ticks = [];
  for (let n = Math.ceil(low / step); n * step <= high + 1e-9 * step; n += 1) ticks.push(n * step);
  return ticks;
}

/** A scale of one axis: where a value lies between `from` and `to` pixels. */
function makeScale(values, log, from, to, margin) {
  const fine = values.filter((v) => v !== null && Number.isFinite(v) && (!log || v > 0));
  let low = fine.length ? fine.reduce((a, b) => Math.min(a, b)) : log ? 0.1 : 0;
  let high = fine.length ? fine.reduce((a, b) => Math.max(a, b)) : 1;
  if (log) {
    const room = Math.max((high / low) ** margin, 1.0001);
    [low, high] = [low / room, high * room];
  } else {
    const room = (high - low) * margin || (margin && (Math.abs(high) * 0.1 || 0.5));
    [low, high] = [low - room, high + room];
    if (low === high) high = low + 1;
  }
  const place = log ? Math.log10 : (v) => v;
  const [a, b] = [place(low), place(high)];
  const scale = (v) => from + ((place(v) - a) / (b - a)) * (to - from);
  const about = Math.max(2, Math.round(Math.abs(to - from) / 70));
  scale.ticks = log ? logTicks(low, high) : linearTicks(low, high, about);
  scale.shows = (v) => v !== null && v !== undefined && Number.isFinite(v) && (!log || v > 0);
  return scale;
}

function pathOf(points, x, y) {
  let text = "";
  let pen = "M";
  for (const [a, b] of points) {
    if (!x.shows(a) || !y.shows(b)) {
      pen = "M";
      continue;
    }
    text += `${pen}${x(a).toFixed(1)} ${y(b).toFixed(1)}`;
    pen = "L";
  }
  return text;
}

/** Push labels apart that would overlap; those that do not fit are left out. */
function placeLabels(labels, top, bottom) {
  const gap = 13;
  labels.sort((a, b) => a.y - b.y);
  const kept = labels.slice(0, Math.max(0, Math.floor((bottom - top) / gap)));
  let last = top - gap;
  for (const label of kept) {
    label.at = Math.max(label.y, last + gap);
    last = label.at;
  }
  let limit = bottom;
  for (const label of [...kept].reverse()) {
    label.at = Math.min(label.at, limit);
    limit = label.at - gap;
  }
  return kept;
}

function drawAxes(root, x, y, box, spec) {
  for (const tick of y.ticks) {
    root.append(svg("line", { class: "grid", x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }));
    root.append(svg("text", { x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, tickText(tick)));
  }
  root.append(svg("line", { class: "axis", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }));
  x.ticks.forEach((tick, i) => {
    const end = i === x.ticks.length - 1 && x(tick) > box.right - 8 && !box.names;
    const attributes = { x: x(tick), y: box.bottom + 17, "text-anchor": end ? "end" : "middle" };
    root.append(svg("text", attributes, tickText(tick)));
  });
  const middle = (box.left + box.right) / 2;
  root.append(svg("text", { x: middle, y: box.bottom + 36, "text-anchor": "middle" }, spec.xLabel));
  root.append(svg("text", { x: 8, y: 14, class: "name" }, spec.yLabel));
}

function drawLevels(root, x, y, box, levels) {
  for (const level of levels) {
    if (!y.shows(level.y)) continue;
    const at = y(level.y);
    const line = { class: "level", x1: box.left, x2: box.right, y1: at, y2: at };
    root.append(svg("line", { ...line, "stroke-dasharray": level.dash, "data-level": level.name }));
    root.append(svg("text", { x: box.left + 6, y: at - 4, class: "name" }, level.name));
  }
}

/** The levels that an axis shows: those near the lines, unless all are asked for. */
function levelsInside(spec, values) {
  const levels = spec.levels.filter((level) => level.y !== null && (!spec.log || level.y > 0));
  const fine = values.filter((v) => v !== null && (!spec.log || v > 0));
  if (spec.whole || !fine.length) return levels;
  const place = spec.log ? Math.log : (v) => v;
  const low = place(fine.reduce((a, b) => Math.min(a, b)));
  const high = place(fine.reduce((a, b) => Math.max(a, b)));
  const room = (high - low) * 0.7;
  return levels.filter((level) => place(level.y) >= low - room && place(level.y) <= high + room);
}

/** Say at the edge of a chart which levels lie beyond it. */
function drawBeyond(root, spec, box, inside) {
  const beyond = spec.levels.filter((level) => level.y !== null && !inside.includes(level));
  const said = beyond.map((level) => `${level.name} ${plainNumber(level.y)}`).join(", ");
  const place = box.narrow ? { x: 8, y: 30 } : { x: box.right, y: 14, "text-anchor": "end" };
  if (said) root.append(svg("text", place, `beyond this axis: ${said}`));
}

/** Draw `spec` into `holder` and return what is needed to find a line under the pointer. */
function drawChart(holder, spec) {
  const width = Math.max(280, holder.clientWidth - 14);
  const height = width < 560 ? 300 : 400;
  const names = width >= 560 && spec.lines.some((line) => line.label);
  const narrow = width < 560;
  const right = width - (names ? 150 : 14);
  const box = { left: 52, right, top: narrow ? 44 : 28, bottom: height - 46, names, narrow };
  const xs = spec.lines.flatMap((line) => line.points.map((p) => p[0]));
  const drawn = spec.lines.flatMap((line) => line.points.map((p) => p[1]));
  const levels = levelsInside(spec, drawn);
  const ys = drawn.concat(levels.map((level) => level.y));
  const x = makeScale(xs, false, box.left, box.right, 0);
  const y = makeScale(ys, spec.log, box.bottom, box.top, 0.04);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": spec.said });
  drawAxes(root, x, y, box, spec);
  drawLevels(root, x, y, box, levels);
  drawBeyond(root, spec, box, levels);
  const ends = [];
  for (const line of spec.lines) {
    const fine = line.points.filter((p) => x.shows(p[0]) && y.shows(p[1]));
    const last = fine[fine.length - 1];
    const style = `stroke:${line.colour};stroke-width:${line.width};stroke-opacity:${line.opacity}`;
    const path = svg("path", { d: pathOf(line.points, x, y), style, "data-line": line.name });
    if (line.dash) path.setAttribute("stroke-dasharray", line.dash);
    root.append(path);
    line.path = path;
    line.pixels = fine.map((p) => [x(p[0]), y(p[1]), p]);
    if (last) {
      const dot = `fill:${line.colour};fill-opacity:${line.opacity}`;
      root.append(svg("circle", { cx: x(last[0]), cy: y(last[1]), r: line.width + 0.5, style: dot }));
      if (line.label && names) ends.push({ y: y(last[1]) + 4, text: line.label, x: x(last[0]) + 8 });
    }
  }
  for (const label of placeLabels(ends, box.top, box.bottom)) {
    root.append(svg("text", { x: label.x, y: label.at, class: "name" }, label.text));
  }
  if (!spec.lines.length) {
    root.append(svg("text", { x: (box.left + box.right) / 2, y: height / 2, "text-anchor": "middle" }, spec.empty));
  }
  holder.replaceChildren(root);
  return { root, width };
}

/** The line and the point that are nearest to a place of the pointer. */
function nearest(lines, px, py) {
  let best = { away: 40 * 40 };
  for (const line of lines) {
    for (const [x, y, point] of line.pixels) {
      const away = (x - px) ** 2 + (y - py) ** 2;
      if (away < best.away) best = { away, line, point };
    }
  }
  return best.line ? best : null;
}
