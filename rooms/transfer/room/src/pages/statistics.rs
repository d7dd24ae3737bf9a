//! What crossed, what was taken out, how long it took and what waited: as
//! charts, each with its table, for those who oversee.

mod shown;

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use base::Timestamp;
use console::form::Fields;
use console::parts::{Button, Cell, Columns, Form, Group, Series, Span as Bar, Spans, Table};
use console::{Answer, View, Visit};
use i18n::{Key, Language, key};
use identity::Caller;
use passages::{Crossed, Fate, Span, Took, Way};
use store::Work;
use zones::Crossing;

use crate::error::TransferError;
use crate::tables::findings::{self, Removed};

pub(crate) use shown::*;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Days that are shown unless others are asked for.
const DAYS: u32 = 30;
/// The most days that are shown.
const DAYS_MAX: u32 = 366;
/// Kinds of removals that are listed.
const KINDS_MAX: u32 = 20;

#[derive(Template)]
#[template(path = "statistics.html")]
struct Statistics<'a> {
    view: &'a View,
    form: Form<'a>,
    narrow: Button,
    period: String,
    figures: Vec<Figure>,
    charts: Vec<Columns>,
    days: Table<'a>,
    removed: Table<'a>,
    spans: Option<Spans>,
    took: Table<'a>,
}

/// One number that says most.
struct Figure {
    label: String,
    value: String,
}

/// Everything that the page shows.
pub(crate) struct Numbers {
    span: Span,
    crossed: Vec<Crossed>,
    removed: Vec<Removed>,
    straight: Took,
    held: Took,
    waiting: u64,
}

/// Shows the page.
pub(crate) async fn statistics(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut fields = visit.query();
    let span = asked(view, &mut fields);
    let mut work = visit.read(&caller).await?;
    let numbers = numbers(&mut work, span).await?;
    let first = view.date(&span.from);
    let last = view.date(&span.until.minus(DAY));
    let content = Statistics {
        view,
        form: Form::new(view, &fields),
        narrow: Button::second(view.t("transfer-stats-show")),
        period: view.t("transfer-stats-period").with("from", first).with("until", last).to_string(),
        figures: figures(view, &numbers),
        charts: charts(view, &numbers),
        days: days(view, &numbers),
        removed: removed(view, &numbers),
        spans: spans(view, &numbers),
        took: took(view, &numbers),
    };
    view.page(key!("transfer-stats"))
        .under("/transfer", key!("transfer-inbox"))
        .form(&fields)
        .style("passages.css")
        .render(&content)
}

/// The span that a query asks for: whole days in Japan, the last included.
fn asked(view: &View, fields: &mut Fields) -> Span {
    let from = fields.day_if_any("since", key!("transfer-stats-from"));
    let last = fields.day_if_any("before", key!("transfer-stats-until"));
    let until = last.unwrap_or_else(|| view.now.day_start_jst()).plus(DAY);
    let usual = until.minus(DAY * DAYS);
    let from = from.filter(|from| *from < until).unwrap_or(usual);
    Span { from: from.max(until.minus(DAY * DAYS_MAX)), until }
}

/// Counts everything.
pub(crate) async fn numbers(work: &mut Work, span: Span) -> Result<Numbers, TransferError> {
    let crossed = passages::crossed(work, span).await?;
    let open = crossed.iter().filter(|one| one.fate == Fate::Open);
    Ok(Numbers {
        span,
        waiting: open.map(|one| one.count).sum(),
        removed: findings::most_removed(work, span, KINDS_MAX).await?,
        straight: passages::took(work, span, Way::Straight).await?,
        held: passages::took(work, span, Way::Held).await?,
        crossed,
    })
}

impl Numbers {
    fn all(&self, fate: Fate) -> u64 {
        self.crossed.iter().filter(|one| one.fate == fate).map(|one| one.count).sum()
    }

    /// Which boundaries were crossed at all.
    fn crossings(&self) -> Vec<Crossing> {
        let is_crossed =
            |crossing: &Crossing| self.crossed.iter().any(|one| one.crossing == *crossing);
        Crossing::ALL.into_iter().filter(is_crossed).collect()
    }
}

fn count(view: &View, number: u64) -> String {
    view.number(i64::try_from(number).unwrap_or(i64::MAX))
}

fn crossing_label(view: &View, crossing: Crossing) -> String {
    let word = format!("{}-{}", crossing.from().name(), crossing.to().name());
    view.t(Key::under("transfer-crossing-", &word)).to_string()
}

fn fate_label(view: &View, fate: Fate) -> String {
    view.t(Key::under("passage-fate-", fate.name())).to_string()
}

fn figures(view: &View, numbers: &Numbers) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Fate::ALL
        .into_iter()
        .map(|fate| Figure { label: fate_label(view, fate), value: count(view, numbers.all(fate)) })
        .collect();
    if numbers.straight.count > 0 {
        figures.push(Figure {
            label: view.t("transfer-stats-p50-straight").to_string(),
            value: short_span(view, numbers.straight.p50),
        });
    }
    if numbers.held.count > 0 {
        figures.push(Figure {
            label: view.t("transfer-stats-p50-held").to_string(),
            value: short_span(view, numbers.held.p50),
        });
    }
    figures
}

/// Seconds with a tenth below a minute, or the words of the house.
fn short_span(view: &View, span: Duration) -> String {
    if span < Duration::from_secs(60) {
        let tenths = (span.as_millis() + 50) / 100;
        let seconds = format!("{}.{}", tenths / 10, tenths % 10);
        return view.t("transfer-stats-seconds").with("seconds", seconds).to_string();
    }
    view.span(span)
}

const fn class(fate: Fate) -> &'static str {
    match fate {
        Fate::Through => "fill-through",
        Fate::Open => "fill-open",
        Fate::Refused => "fill-refused",
        Fate::Quarantined => "fill-quarantined",
    }
}

/// A chart for each boundary that was crossed.
fn charts(view: &View, numbers: &Numbers) -> Vec<Columns> {
    let mut charts = Vec::new();
    for crossing in numbers.crossings() {
        let mut by_day: BTreeMap<Timestamp, Vec<u64>> = BTreeMap::new();
        let mut day = numbers.span.from;
        while day < numbers.span.until {
            by_day.insert(day, vec![0; Fate::ALL.len()]);
            day = day.plus(DAY);
        }
        let mut total = 0;
        for one in numbers.crossed.iter().filter(|one| one.crossing == crossing) {
            let place = Fate::ALL.iter().position(|fate| *fate == one.fate);
            let values = by_day.entry(one.day).or_insert_with(|| vec![0; Fate::ALL.len()]);
            if let Some(value) = place.and_then(|place| values.get_mut(place)) {
                *value += one.count;
                total += one.count;
            }
        }
        let groups: Vec<Group> = by_day
            .into_iter()
            .map(|(day, values)| Group { label: month_and_day(day), values })
            .collect();
        let legend = Fate::ALL
            .into_iter()
            .map(|fate| Series { label: fate_label(view, fate), class: class(fate) })
            .collect();
        let title = crossing_label(view, crossing);
        let text = view.t("transfer-stats-chart-text").with("count", count(view, total));
        let id = format!("chart-{}-{}", crossing.from().name(), crossing.to().name());
        charts.push(Columns::new(id, (title, text.to_string()), legend, &groups));
    }
    charts
}

fn month_and_day(day: Timestamp) -> String {
    let date = day.jst().date();
    format!("{}/{}", date.month(), date.day())
}

/// A row for each day and boundary over which something went.
fn days<'a>(view: &'a View, numbers: &Numbers) -> Table<'a> {
    let mut table = Table::new(view, view.t("transfer-stats-days"))
        .column(view.t("transfer-stats-day"))
        .column(view.t("transfer-crossing"))
        .empty(view.t("transfer-stats-none"));
    for fate in Fate::ALL {
        table = table.number_column(fate_label(view, fate));
    }
    let mut rows: BTreeMap<(Timestamp, usize), Vec<u64>> = BTreeMap::new();
    let place_of = |crossing: Crossing| Crossing::ALL.iter().position(|one| *one == crossing);
    for one in &numbers.crossed {
        let (Some(place), Some(fate)) =
            (place_of(one.crossing), Fate::ALL.iter().position(|fate| *fate == one.fate))
        else {
            continue;
        };
        let values = rows.entry((one.day, place)).or_insert_with(|| vec![0; Fate::ALL.len()]);
        if let Some(value) = values.get_mut(fate) {
            *value += one.count;
        }
    }
    for ((day, place), values) in rows.into_iter().rev() {
        let label = Crossing::ALL.get(place).map(|one| crossing_label(view, *one));
        let mut cells = vec![Cell::text(view.date(&day)), Cell::text(label.unwrap_or_default())];
        let number = |value: u64| Cell::number(i64::try_from(value).unwrap_or(i64::MAX));
        cells.extend(values.into_iter().map(number));
        table.row(cells);
    }
    table
}

/// What was taken out most often, each with a bar.
fn removed<'a>(view: &'a View, numbers: &Numbers) -> Table<'a> {
    let mut table = Table::new(view, view.t("transfer-stats-removed"))
        .column(view.t("transfer-what"))
        .number_column(view.t("transfer-stats-passages"))
        .number_column(view.t("transfer-removed"))
        .column(view.t("transfer-stats-share"))
        .empty(view.t("transfer-removed-none"));
    let most = numbers.removed.iter().map(|one| one.passages).max().unwrap_or(1).max(1);
    for one in &numbers.removed {
        let number = |value: u64| Cell::number(i64::try_from(value).unwrap_or(i64::MAX));
        let percent = one.passages.saturating_mul(100) / most;
        table.row([
            Cell::text(words(view, &one.code)),
            number(one.passages),
            number(one.count),
            Cell::part(&Share { width: percent.max(1) }, ""),
        ]);
    }
    table
}

/// A bar in a cell; its number stands beside it.
#[derive(Template)]
#[template(
    source = "<svg class=\"share\" viewBox=\"0 0 100 12\" preserveAspectRatio=\"none\" \
        aria-hidden=\"true\"><rect class=\"fill-through\" x=\"0\" y=\"1\" width=\"{{ width }}\" \
        height=\"10\"/></svg>",
    ext = "html"
)]
struct Share {
    width: u64,
}

impl askama::filters::HtmlSafe for Share {}

fn words(view: &View, code: &str) -> String {
    let known = sanitize_engine::find_code(code);
    known.map_or_else(
        || code.to_owned(),
        |code| match view.language {
            Language::Japanese => code.ja.to_owned(),
            Language::English => code.en.to_owned(),
        },
    )
}

/// How long it took, on a scale from a tenth of a second to a week.
fn spans(view: &View, numbers: &Numbers) -> Option<Spans> {
    const MARKS: [(u64, &str); 7] = [
        (100, "tenth"),
        (1_000, "second"),
        (10_000, "ten-seconds"),
        (60_000, "minute"),
        (3_600_000, "hour"),
        (86_400_000, "day"),
        (604_800_000, "week"),
    ];
    let marks: Vec<(u64, String)> = MARKS
        .iter()
        .map(|(at, name)| (*at, view.t(Key::under("transfer-scale-", name)).to_string()))
        .collect();
    let bars: Vec<Bar> = both(numbers)
        .into_iter()
        .filter(|(_, took)| took.count > 0)
        .map(|(name, took)| Bar {
            label: view.t(Key::under("transfer-stats-way-", name)).to_string(),
            p50_ms: millis(took.p50),
            p95_ms: millis(took.p95),
        })
        .collect();
    if bars.is_empty() {
        return None;
    }
    let title = view.t("transfer-stats-took").to_string();
    let text = view.t("transfer-stats-took-text").to_string();
    Some(Spans::new("chart-took", (title, text), &marks, bars))
}

fn both(numbers: &Numbers) -> [(&'static str, Took); 2] {
    [("straight", numbers.straight), ("held", numbers.held)]
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn took<'a>(view: &'a View, numbers: &Numbers) -> Table<'a> {
    let mut table = Table::new(view, view.t("transfer-stats-took"))
        .column(view.t("transfer-stats-way"))
        .number_column(view.t("transfer-stats-passages"))
        .number_column(view.t("transfer-stats-p50"))
        .number_column(view.t("transfer-stats-p95"));
    for (name, took) in both(numbers) {
        let span = |span| {
            if took.count > 0 { short_span(view, span) } else { "—".to_owned() }
        };
        table.row([
            Cell::text(view.t(Key::under("transfer-stats-way-", name))),
            Cell::number(i64::try_from(took.count).unwrap_or(i64::MAX)),
            Cell::text(span(took.p50)),
            Cell::text(span(took.p95)),
        ]);
    }
    table
}
