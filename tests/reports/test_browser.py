"""report.html in headless Chromium: sorting, filters, switches, keyboard, dark, narrow, silent."""

import shutil

import pytest
from PIL import Image

from ganbench.reports.samples import picture_stem
from tests.reports._pages import full, page_of
from tests.reports.test_html import other_data

pytestmark = pytest.mark.slow
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-background-networking
    --disable-component-update --disable-sync
""".split()


BEYOND = """(inner) => [...document.querySelectorAll("main *")]
    .filter((e) => !e.closest(".scroll, pre, svg"))
    .filter((e) => e.getBoundingClientRect().right > inner)
    .map((e) => e.outerHTML.slice(0, 80))"""


OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll("#d0-curves svg text")]
        .filter((t) => !["floor", "Gaussian"].includes(t.textContent))
        .map((t) => [t.textContent, t.getBoundingClientRect()]);
    const meet = ([, a], [, b]) => a.left < b.right - 1 && b.left < a.right - 1 &&
        a.top < b.bottom - 4 && b.top < a.bottom - 4;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b))
        .map((b) => `${a[0]} / ${b[0]}`));
}"""


def _scaled(record, factor):
    measured = tuple(
        m.model_copy(update={"values": {**m.values, "fd": factor * m.values["fd"]}})
        for m in record.measurements
    )
    return record.model_copy(update={"measurements": measured})


def _records():
    """Return the golden records, ``shaky`` with one seed, and with other values of fd.

    The medians are 1, 2.05, 2.2, 8 and 11.2: texts have another order, and so have their digits.
    """
    factors = {"poor": 1.4, "ns": 0.5125, "good": 1.1}
    every = [_scaled(r, factors.get(r.training.variant, 1)) for r in full()]
    return [r for r in every if r.training.variant != "shaky" or r.seed == 0]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    out = tmp_path_factory.mktemp("browser")
    records = _records()
    (out / "samples").mkdir()
    for record in records:
        if record.seed == 0:
            picture = Image.new("RGB", (700, 400), "grey")
            picture.save(out / "samples" / f"{picture_stem(record)}.png")
    page_of(out, records + other_data(records), "dots")
    return out / "report.html"


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def opened(browser, file):
    """A function that opens the page; what it complains of or asks for is an error at the end."""
    said, contexts = [], []

    def open_page(width=1280, height=900, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request",
            lambda r: r.url.startswith(("data:", file.as_uri())) or said.append(r.url),
        )
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def shown(page):
    """Return the names in the table that can be seen, from the top."""
    return [row.get_attribute("data-name") for row in page.query_selector_all(
        "#d0 table.main tbody tr:not([hidden])")]  # fmt: skip


def head(page, name):
    return page.locator("#d0 table.main thead th").filter(has_text=name).first


def lines(page, part="curves"):
    return [p.get_attribute("data-line") for p in page.query_selector_all(
        f"#d0-{part} path[data-line]")]  # fmt: skip


def levels(page):
    return {e.get_attribute("data-level") for e in page.query_selector_all(
        "#d0-curves [data-level]")}  # fmt: skip


def test_sorting_is_by_numbers_and_missing_ones_are_last(opened):
    page = opened()
    assert head(page, "band").get_attribute("aria-sort") == "ascending"
    written = shown(page)
    assert set(written) == {"good", "ns", "shaky", "control:gaussian", "poor"}
    head(page, "fd").get_by_role("button").click()
    assert head(page, "fd").get_attribute("aria-sort") == "ascending"
    assert head(page, "band").get_attribute("aria-sort") == "none"
    assert shown(page) == ["shaky", "ns", "good", "control:gaussian", "poor"]
    head(page, "fd").get_by_role("button").click()
    assert head(page, "fd").get_attribute("aria-sort") == "descending"
    assert shown(page) == ["poor", "control:gaussian", "good", "ns", "shaky"]
    head(page, "fd").get_by_role("button").click()
    interval = head(page, "interval")
    for _ in range(2):  # shaky has one seed, and so no interval
        interval.get_by_role("button").click()
        assert shown(page)[-1] == "shaky"
    head(page, "variant").get_by_role("button").click()
    assert shown(page) == ["control:gaussian", "good", "ns", "poor", "shaky"]


def test_filters(opened):
    page = opened()
    count = page.locator("#d0 .count")
    assert count.text_content() == "4 of 4 shown"
    page.locator("#d0 .by-text").fill("OO")
    assert set(shown(page)) == {"good", "poor"} and count.text_content() == "2 of 4 shown"
    page.locator("#d0 .by-text").fill("")
    page.locator("#d0 .by-family").select_option("f-divergence")
    assert shown(page) == ["ns"]
    page.locator("#d0 .by-family").select_option("")
    page.locator("#d0 .by-verdict").select_option("not learned")
    assert shown(page) == ["poor"]
    page.locator("#d0 .by-verdict").select_option("")
    page.locator("#d0 .with-controls").uncheck()
    assert "control:gaussian" not in shown(page) and len(shown(page)) == 4


def test_the_keyboard_is_enough(opened):
    page = opened()
    head(page, "CPU s").get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head(page, "CPU s").get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert head(page, "CPU s").get_attribute("aria-sort") == "descending"
    page.locator("#theme").focus()
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "() => { const e = document.activeElement; return e.className || e.textContent }"
            )
        )
    for wanted in ("by-text", "by-family", "by-verdict", "scroll", "median", "copy", "bib"):
        assert wanted in reached, wanted
    chip = page.locator("#d0-curves .chips").first.get_by_role("button", name="good", exact=True)
    before = chip.get_attribute("aria-pressed")
    chip.focus()
    page.keyboard.press("Space")
    assert {before, chip.get_attribute("aria-pressed")} == {"true", "false"}


def test_methods_seeds_and_axes_of_the_curves_can_be_switched(opened):
    page = opened()
    curves = page.locator("#d0-curves")
    methods, seeds = (curves.locator(".chips").nth(i) for i in (0, 1))
    curves.get_by_role("button", name="all", exact=True).click()
    assert {line.partition(",")[0] for line in lines(page)} == {"good", "ns", "poor", "shaky"}
    assert levels(page) == {"Gaussian", "floor"}
    methods.get_by_role("button", name="ns", exact=True).click()
    assert not [line for line in lines(page) if line.startswith("ns")]
    assert "good, seed 1" in lines(page)
    seeds.get_by_role("button", name="1", exact=True).click()
    assert not [line for line in lines(page) if line.endswith("seed 1")]
    assert "good, median of 3" in lines(page)
    seeds.get_by_role("button", name="median").click()
    assert not [line for line in lines(page) if "median" in line]
    for name in ("CPU seconds", "real images seen", "generator updates"):
        curves.locator("select").nth(1).select_option(label=name)
        assert curves.locator("svg text").filter(has_text=name).count() == 1

    def heights():
        return [path.get_attribute("d") for path in page.query_selector_all("#d0-curves path")]

    before = heights()
    curves.get_by_label("logarithmic").click()
    assert heights() != before
    curves.locator("select").nth(0).select_option("precision")
    assert curves.locator("svg text").filter(has_text="precision").count() == 1
    curves.get_by_role("button", name="none", exact=True).click()
    assert lines(page) == [] and curves.get_by_text("Choose a method above.").count() == 1


def test_levels_far_from_the_curves_are_named_and_drawn_when_asked_for(opened):
    page = opened()
    curves = page.locator("#d0-curves")
    curves.get_by_role("button", name="none", exact=True).click()
    curves.locator(".chips").first.get_by_role("button", name="good", exact=True).click()
    curves.locator(".chips").nth(1).get_by_role("button", name="2", exact=True).click()
    assert levels(page) == {"floor"}  # good: 1.1 to 3.3; the Gaussian: 8
    assert curves.get_by_text("beyond this axis: Gaussian 8").count() == 1
    curves.get_by_label("down to the floor").check()
    assert levels(page) == {"Gaussian", "floor"}


@pytest.mark.parametrize("width", [390, 1280])
def test_texts_of_a_chart_do_not_overlap(opened, width):
    page = opened(width=width, height=844)
    curves = page.locator("#d0-curves")
    for picks, seeds in (("all", ""), ("none", "2")):
        curves.get_by_role("button", name=picks, exact=True).click()
        if seeds:
            curves.locator(".chips").first.get_by_role("button", name="good", exact=True).click()
            curves.locator(".chips").nth(1).get_by_role("button", name=seeds, exact=True).click()
        for log in (True, False):
            curves.get_by_label("logarithmic").set_checked(log)
            assert page.evaluate(OVERLAPS) == []


def test_a_point_of_a_curve_can_be_read(opened):
    page = opened()
    page.locator("#d0-curves").get_by_role("button", name="none", exact=True).click()
    chips = page.locator("#d0-curves .chips")
    chips.nth(0).get_by_role("button", name="good", exact=True).click()
    for seed in "012":
        chips.nth(1).get_by_role("button", name=seed, exact=True).click()
    dot = page.locator("#d0-curves circle").first
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    said = page.locator("#d0-curves .under").text_content()
    assert said == "good, median of 3: 2.2 at 3,000 generator updates"


def test_losses_and_shares(opened):
    page = opened()
    losses = page.locator("#d0-losses")
    losses.get_by_role("button", name="all", exact=True).click()
    assert "ns, seed 2" in lines(page, "losses")
    losses.locator("select").first.select_option("g_grad_norm")
    assert losses.locator("svg text").filter(has_text="g_grad_norm").count() == 1
    strips = page.locator("#d0-shares .strip")
    assert strips.count() == 3
    labels = [s.get_attribute("aria-label") for s in strips.all()]
    assert any(label.startswith("ns, seed") and label.endswith("2 of 3 drawn") for label in labels)
    page.locator("#d0-shares select").select_option("all")
    assert strips.count() == 9


def test_dark_by_the_system_and_by_the_button(opened):
    def ground(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    dark, light = "rgb(21, 24, 29)", "rgb(251, 251, 250)"
    page = opened()
    assert ground(page) == light
    page.locator("#theme").click()
    assert ground(page) == dark
    page.locator("#theme").click()
    assert ground(page) == light
    page = opened(scheme="dark")
    assert ground(page) == dark and page.locator("#theme").text_content() == "light"
    page.locator("#theme").click()
    assert ground(page) == light


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(opened, width):
    page = opened(width=width, height=844)
    for dataset in ("d0", "d1"):
        page.locator("#dataset").select_option(dataset)
        inner = page.evaluate("document.documentElement.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= inner
        assert page.evaluate(BEYOND, inner) == []


def test_one_data_set_is_shown_at_a_time(opened):
    page = opened()
    assert page.locator("#d0").is_visible() and not page.locator("#d1").is_visible()
    page.locator("#dataset").select_option("d1")
    assert page.locator("#d1").is_visible() and not page.locator("#d0").is_visible()
    assert page.locator("#d1-curves svg path[data-line]").count() > 0


def test_pictures_can_be_enlarged(opened):
    page = opened()
    assert page.locator("#d0-samples img").count() == 5
    page.locator("#d0-samples .others button").first.click()
    dialog = page.locator("#large")
    assert dialog.is_visible() and "fd" in dialog.locator("p").text_content()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
