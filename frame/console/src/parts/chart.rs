//! Charts as SVG, drawn here: stacked columns over days, and spans of time on a
//! scale of powers. Every chart has its numbers in a table beside it; colours
//! come from the style sheet.

use askama::Template;

/// One part of every column.
pub struct Series {
    /// Its name in the legend.
    pub label: String,
    /// The class that colours it: `fill-NAME`.
    pub class: &'static str,
}

/// One column: a short label, and a number for each series.
pub struct Group {
    /// What stands below it.
    pub label: String,
    /// In the order of the series.
    pub values: Vec<u64>,
}

/// Stacked columns.
#[derive(Template)]
#[template(path = "parts/chart-columns.html")]
pub struct Columns {
    /// Unique on its page.
    id: String,
    title: String,
    description: String,
    legend: Vec<Series>,
    lines: Vec<Line>,
    bars: Vec<Bar>,
    labels: Vec<Label>,
}

/// A line across, with its number.
struct Line {
    y: String,
    label: String,
}

struct Bar {
    x: String,
    y: String,
    width: String,
    height: String,
    class: &'static str,
}

struct Label {
    x: String,
    text: String,
}

const WIDTH: f64 = 760.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 208.0;
/// The widest column.
const BAR_MAX: f64 = 36.0;
/// Labels below the columns, at most.
const LABELS_MAX: usize = 12;
/// Lines across, at most.
const LINES_MAX: u64 = 5;

impl Columns {
    /// Draws columns. `id` is unique on its page; `description` says in a sentence what is to be seen.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        (title, description): (String, String),
        legend: Vec<Series>,
        groups: &[Group],
    ) -> Self {
        let highest = groups.iter().map(|group| group.values.iter().sum()).max().unwrap_or(0);
        let step = step(highest);
        let top = highest.div_ceil(step).max(1).saturating_mul(step);
        let y = |value: u64| BOTTOM - (BOTTOM - TOP) * value as f64 / top as f64;
        let slot = (WIDTH - LEFT - RIGHT) / groups.len().max(1) as f64;
        let width = (slot * 0.72).min(BAR_MAX);
        let mut bars = Vec::new();
        let mut labels = Vec::new();
        let every = groups.len().div_ceil(LABELS_MAX).max(1);
        for (place, group) in groups.iter().enumerate() {
            let middle = LEFT + slot * (place as f64 + 0.5);
            if place % every == 0 {
                labels.push(Label { x: short(middle), text: group.label.clone() });
            }
            let mut below = 0;
            for (value, series) in group.values.iter().zip(&legend) {
                if *value > 0 {
                    bars.push(Bar {
                        x: short(middle - width / 2.0),
                        y: short(y(below + value)),
                        width: short(width),
                        height: short(y(below) - y(below + value)),
                        class: series.class,
                    });
                }
                below += value;
            }
        }
        let lines = (0..=top / step)
            .map(|line| Line { y: short(y(line * step)), label: (line * step).to_string() })
            .collect();
        Self { id: id.into(), title, description, legend, lines, bars, labels }
    }
}

/// Spans of time from the middle to the slow end, each on a line of its own.
#[derive(Template)]
#[template(path = "parts/chart-spans.html")]
pub struct Spans {
    id: String,
    title: String,
    description: String,
    marks: Vec<Label>,
    rows: Vec<Row>,
    height: String,
    bottom: String,
}

struct Row {
    label: String,
    label_y: String,
    y: String,
    from: String,
    until: String,
}

/// What one row shows, in milliseconds.
pub struct Span {
    /// What stands above it.
    pub label: String,
    /// The middle one.
    pub p50_ms: u64,
    /// What nineteen of twenty keep.
    pub p95_ms: u64,
}

const ROW: f64 = 56.0;

impl Spans {
    /// Draws rows; `marks` are milliseconds with their labels, ascending.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        (title, description): (String, String),
        marks: &[(u64, String)],
        spans: Vec<Span>,
    ) -> Self {
        let least = marks.first().map_or(1, |(at, _)| *at).max(1) as f64;
        let most = marks.last().map_or(10, |(at, _)| *at).max(2) as f64;
        let place = |at: u64| {
            let at = (at.max(1) as f64).clamp(least, most);
            LEFT + (WIDTH - LEFT - 40.0) * (at / least).ln() / (most / least).ln()
        };
        let rows = spans.into_iter().enumerate().map(|(row, span)| {
            let y = TOP + ROW * (row as f64 + 0.5) + 12.0;
            Row {
                label: span.label,
                label_y: short(y - 18.0),
                y: short(y),
                from: short(place(span.p50_ms)),
                until: short(place(span.p95_ms)),
            }
        });
        let rows: Vec<Row> = rows.collect();
        let bottom = TOP + ROW * rows.len() as f64 + 8.0;
        Self {
            id: id.into(),
            title,
            description,
            marks: marks
                .iter()
                .map(|(at, text)| Label { x: short(place(*at)), text: text.clone() })
                .collect(),
            rows,
            height: short(bottom + 26.0),
            bottom: short(bottom),
        }
    }
}

/// The distance of lines: 1, 2 or 5 times a power of ten.
fn step(highest: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for times in [1, 2, 5] {
            let step = power.saturating_mul(times);
            if highest.div_ceil(step) <= LINES_MAX {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn short(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_round_and_few() {
        for (highest, wanted) in [(0, 1), (1, 1), (5, 1), (6, 2), (23, 5), (1_000, 200)] {
            assert_eq!(step(highest), wanted, "{highest}");
        }
        assert!(step(u64::MAX) > 0);
    }

    fn columns(values: &[u64]) -> Columns {
        let legend = vec![
            Series { label: "届いた".to_owned(), class: "fill-through" },
            Series { label: "<渡せず>".to_owned(), class: "fill-refused" },
        ];
        let group = |value: &u64| Group { label: "4/1".to_owned(), values: vec![*value, 1] };
        let groups: Vec<Group> = values.iter().map(group).collect();
        Columns::new("a", ("題".to_owned(), "説明".to_owned()), legend, &groups)
    }

    #[test]
    fn a_column_is_as_high_as_its_number() {
        let chart = columns(&[9]);
        let height = |bar: &Bar| bar.height.parse::<f64>().unwrap();
        assert_eq!(chart.bars.len(), 2);
        // 9 of a scale that goes to 10, and 1 above it.
        assert!((height(&chart.bars[0]) - 176.4).abs() < 0.1);
        assert!((height(&chart.bars[1]) - 19.6).abs() < 0.1);
        let drawn = chart.render().unwrap();
        assert!(drawn.contains("&#60;渡せず&#62;") && !drawn.contains("style="), "{drawn}");
    }

    #[test]
    fn a_year_of_days_has_a_dozen_labels() {
        assert_eq!(columns(&[3; 365]).labels.len(), 12);
        assert!(columns(&[]).bars.is_empty());
    }

    #[test]
    fn spans_stand_in_their_order_on_the_scale() {
        let marks = [(100, "0.1".to_owned()), (1_000, "1".to_owned()), (10_000, "10".to_owned())];
        let span = Span { label: "a".to_owned(), p50_ms: 1_000, p95_ms: 99_000 };
        let chart = Spans::new("b", (String::new(), String::new()), &marks, vec![span]);
        let number = |text: &str| text.parse::<f64>().unwrap();
        assert_eq!(chart.rows[0].from, chart.marks[1].x);
        assert_eq!(chart.rows[0].until, chart.marks[2].x, "what is beyond stands at the end");
        assert!(number(&chart.marks[0].x) < number(&chart.marks[1].x));
    }
}
