//! How much mail came in a day, what became of it, why it was held and how that
//! ended, how long it took, and what was turned away: as a chart and tables, for
//! those who oversee.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use base::Timestamp;
use console::form::Fields;
use console::parts::{Button, Cell, Columns, Form, Group, Series, Table};
use console::{Answer, View, Visit};
use i18n::{Key, key};
use identity::Caller;

use crate::MailError;
use crate::tables::statistics::{self, Counted, Fate, Span, Took};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Days that are shown unless others are asked for.
const DAYS: u32 = 30;
/// The most days that are shown.
const DAYS_MAX: u32 = 366;

#[derive(Template)]
#[template(path = "mail-statistics.html")]
struct Statistics<'a> {
    view: &'a View,
    form: Form<'a>,
    narrow: Button,
    period: String,
    figures: Vec<Figure>,
    chart: Columns,
    days: Table<'a>,
    held: Table<'a>,
    took: Table<'a>,
    turned: Table<'a>,
}

/// One number that says most.
struct Figure {
    label: String,
    value: String,
}

/// Shows the page.
pub(super) async fn statistics(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut fields = visit.query();
    let span = asked(view, &mut fields);
    let mut work = visit.read(&caller).await?;
    let counted = statistics::counted(&mut work, span).await.map_err(MailError::from)?;
    let straight = statistics::took(&mut work, span, false).await.map_err(MailError::from)?;
    let held = statistics::took(&mut work, span, true).await.map_err(MailError::from)?;
    let away = statistics::turned_away(&mut work, span).await.map_err(MailError::from)?;
    drop(work);
    let first = view.date(&span.from);
    let last = view.date(&span.until.minus(DAY));
    let content = Statistics {
        view,
        form: Form::new(view, &fields),
        narrow: Button::second(view.t("mail-stats-show")),
        period: view.t("mail-stats-period").with("from", first).with("until", last).to_string(),
        figures: figures(view, &counted, straight),
        chart: chart(view, span, &counted),
        days: days(view, &counted),
        held: held_by_why(view, &counted),
        took: took(view, straight, held),
        turned: turned(view, &away),
    };
    view.page(key!("mail-stats"))
        .under("/mail", key!("mail-menu"))
        .form(&fields)
        .style("mails.css")
        .render(&content)
}

/// The span that a query asks for: whole days in Japan, the last included.
fn asked(view: &View, fields: &mut Fields) -> Span {
    let from = fields.day_if_any("since", key!("mail-stats-from"));
    let last = fields.day_if_any("before", key!("mail-stats-until"));
    let until = last.unwrap_or_else(|| view.now.day_start_jst()).plus(DAY);
    let usual = until.minus(DAY * DAYS);
    let from = from.filter(|from| *from < until).unwrap_or(usual);
    Span { from: from.max(until.minus(DAY * DAYS_MAX)), until }
}

fn sum(counted: &[Counted], is_meant: impl Fn(&Counted) -> bool) -> u64 {
    counted.iter().filter(|one| is_meant(one)).map(|one| one.count).sum()
}

fn count(view: &View, number: u64) -> String {
    view.number(i64::try_from(number).unwrap_or(i64::MAX))
}

fn figures(view: &View, counted: &[Counted], straight: Took) -> Vec<Figure> {
    let mail = |one: &Counted| !one.is_rest;
    let is_spam = |one: &Counted| one.held.as_deref() == Some("spam");
    let reported = |one: &Counted| one.why.as_deref() == Some("spam-reported");
    let was_held = |one: &Counted| one.held.is_some();
    let all = [
        ("came", sum(counted, mail)),
        ("delivered", sum(counted, |one| mail(one) && one.fate == Fate::Delivered)),
        ("held", sum(counted, |one| mail(one) && was_held(one))),
        ("released", sum(counted, |one| mail(one) && one.fate == Fate::Released)),
        ("spam-caught", sum(counted, is_spam)),
        ("spam-reported", sum(counted, reported)),
        ("spam-false", sum(counted, |one| is_spam(one) && one.fate == Fate::Released)),
        ("locked", sum(counted, |one| one.is_rest)),
        ("opened", sum(counted, |one| one.is_rest && one.fate == Fate::Released)),
        ("expired", sum(counted, |one| one.fate == Fate::Expired)),
    ];
    let mut figures: Vec<Figure> = all
        .into_iter()
        .map(|(name, number)| Figure {
            label: view.t(Key::under("mail-stats-figure-", name)).to_string(),
            value: count(view, number),
        })
        .collect();
    if straight.count > 0 {
        figures.push(Figure {
            label: view.t("mail-stats-figure-p50").to_string(),
            value: short_span(view, straight.p50),
        });
        figures.push(Figure {
            label: view.t("mail-stats-figure-p95").to_string(),
            value: short_span(view, straight.p95),
        });
    }
    figures
}

/// Seconds with a tenth below a minute, or the words of the house.
fn short_span(view: &View, span: Duration) -> String {
    if span < Duration::from_secs(60) {
        let tenths = (span.as_millis() + 50) / 100;
        let seconds = format!("{}.{}", tenths / 10, tenths % 10);
        return view.t("mail-stats-seconds").with("seconds", seconds).to_string();
    }
    view.span(span)
}

fn fate_label(view: &View, fate: Fate) -> String {
    view.t(Key::under("mail-fate-of-", fate.name())).to_string()
}

const fn class(fate: Fate) -> &'static str {
    match fate {
        Fate::Delivered => "fill-delivered",
        Fate::Released => "fill-released",
        Fate::Open => "fill-open",
        Fate::Expired => "fill-expired",
        Fate::Refused => "fill-refused",
        Fate::Quarantined => "fill-quarantined",
    }
}

/// Numbers of each fate by day, of what came as a mail.
fn by_day(counted: &[Counted]) -> BTreeMap<Timestamp, Vec<u64>> {
    let mut days: BTreeMap<Timestamp, Vec<u64>> = BTreeMap::new();
    for one in counted.iter().filter(|one| !one.is_rest) {
        let place = Fate::ALL.iter().position(|fate| *fate == one.fate);
        let values = days.entry(one.day).or_insert_with(|| vec![0; Fate::ALL.len()]);
        if let Some(value) = place.and_then(|place| values.get_mut(place)) {
            *value += one.count;
        }
    }
    days
}

fn chart(view: &View, span: Span, counted: &[Counted]) -> Columns {
    let mut days = by_day(counted);
    let mut day = span.from;
    while day < span.until {
        days.entry(day).or_insert_with(|| vec![0; Fate::ALL.len()]);
        day = day.plus(DAY);
    }
    let label = |day: Timestamp| {
        let date = day.jst().date();
        format!("{}/{}", date.month(), date.day())
    };
    let groups: Vec<Group> =
        days.into_iter().map(|(day, values)| Group { label: label(day), values }).collect();
    let legend = Fate::ALL
        .into_iter()
        .map(|fate| Series { label: fate_label(view, fate), class: class(fate) })
        .collect();
    let total = count(view, sum(counted, |one| !one.is_rest));
    let title = view.t("mail-stats-chart").to_string();
    let text = view.t("mail-stats-chart-text").with("count", total).to_string();
    Columns::new("chart-mails", (title, text), legend, &groups)
}

fn days<'a>(view: &'a View, counted: &[Counted]) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-stats-days"))
        .column(view.t("mail-stats-day"))
        .number_column(view.t("mail-stats-all"))
        .empty(view.t("mail-stats-none"));
    for fate in Fate::ALL {
        table = table.number_column(fate_label(view, fate));
    }
    for (day, values) in by_day(counted).into_iter().rev() {
        let mut cells = vec![Cell::text(view.date(&day)), number(values.iter().sum())];
        cells.extend(values.into_iter().map(number));
        table.row(cells);
    }
    table
}

fn number(value: u64) -> Cell {
    Cell::number(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Why mails were held, and how that ended.
fn held_by_why<'a>(view: &'a View, counted: &[Counted]) -> Table<'a> {
    const SHOWN: [Fate; 5] =
        [Fate::Released, Fate::Open, Fate::Expired, Fate::Refused, Fate::Quarantined];
    let mut table = Table::new(view, view.t("mail-stats-held"))
        .column(view.t("mail-why"))
        .number_column(view.t("mail-stats-all"))
        .empty(view.t("mail-stats-none"));
    for fate in SHOWN {
        table = table.number_column(fate_label(view, fate));
    }
    let mut rows: BTreeMap<&str, [u64; SHOWN.len()]> = BTreeMap::new();
    for one in counted {
        let Some(why) = one.held.as_deref() else { continue };
        let place = SHOWN.iter().position(|fate| *fate == one.fate);
        if let Some(value) = place.and_then(|place| rows.entry(why).or_default().get_mut(place)) {
            *value += one.count;
        }
    }
    for (why, values) in rows {
        let label = view.t(Key::under("mail-why-", why)).to_string();
        let mut cells = vec![Cell::text(label), number(values.iter().sum())];
        cells.extend(values.into_iter().map(number));
        table.row(cells);
    }
    table
}

fn took<'a>(view: &'a View, straight: Took, held: Took) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-stats-took"))
        .column(view.t("mail-stats-way"))
        .number_column(view.t("mail-stats-all"))
        .number_column(view.t("mail-stats-p50"))
        .number_column(view.t("mail-stats-p95"));
    for (name, took) in [("straight", straight), ("held", held)] {
        let span = |span| if took.count > 0 { short_span(view, span) } else { "—".to_owned() };
        table.row([
            Cell::text(view.t(Key::under("mail-stats-way-", name))),
            number(took.count),
            Cell::text(span(took.p50)),
            Cell::text(span(took.p95)),
        ]);
    }
    table
}

fn turned<'a>(view: &'a View, away: &[(Timestamp, String, u64)]) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-stats-turned"))
        .column(view.t("mail-stats-day"))
        .column(view.t("mail-what"))
        .number_column(view.t("mail-stats-receivers"))
        .empty(view.t("mail-stats-turned-none"));
    for (day, why, count) in away.iter().rev() {
        table.row([
            Cell::text(view.date(day)),
            Cell::text(view.t(Key::under("mail-turned-", why))),
            number(*count),
        ]);
    }
    table
}
