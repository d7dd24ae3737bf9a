//! Stacked columns as SVG, drawn here. Every chart has its numbers in a table
//! beside it; colours come from the style sheet.

use askama::Template;

/// One part of every column.
pub(super) struct Series {
    pub(super) label: String,
    /// The class that colours it: `fill-NAME`.
    pub(super) class: &'static str,
}

/// One column: a short label, and a number for each series.
pub(super) struct Group {
    pub(super) label: String,
    pub(super) values: Vec<u64>,
}

/// Stacked columns.
#[derive(Template)]
#[template(path = "chart-columns.html")]
pub(super) struct Columns {
    /// Unique on its page.
    id: &'static str,
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
    /// Draws columns. `description` says in a sentence what is to be seen.
    pub(super) fn new(
        id: &'static str,
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
        let every = groups.len().div_ceil(LABELS_MAX).max(1);
        let (mut bars, mut labels) = (Vec::new(), Vec::new());
        for (place, group) in groups.iter().enumerate() {
            let middle = LEFT + slot * (place as f64 + 0.5);
            if place % every == 0 {
                labels.push(Label { x: short(middle), text: group.label.clone() });
            }
            let mut below = 0_u64;
            for (value, series) in group.values.iter().zip(&legend) {
                let above = below.saturating_add(*value);
                if *value > 0 {
                    bars.push(Bar {
                        x: short(middle - width / 2.0),
                        y: short(y(above)),
                        width: short(width),
                        height: short(y(below) - y(above)),
                        class: series.class,
                    });
                }
                below = above;
            }
        }
        let lines = (0..=top / step)
            .map(|line| Line { y: short(y(line * step)), label: (line * step).to_string() })
            .collect();
        Self { id, title, description, legend, lines, bars, labels }
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

    #[test]
    fn a_column_is_as_high_as_its_number() {
        let legend = vec![
            Series { label: "届いた".to_owned(), class: "fill-delivered" },
            Series { label: "<渡せず>".to_owned(), class: "fill-refused" },
        ];
        let groups = [Group { label: "4/1".to_owned(), values: vec![9, 1] }];
        let chart = Columns::new("a", ("題".to_owned(), "説明".to_owned()), legend, &groups);
        let height = |bar: &Bar| bar.height.parse::<f64>().unwrap();
        // 9 of a scale that goes to 10, and 1 above it.
        assert!((height(&chart.bars[0]) - 176.4).abs() < 0.1);
        assert!((height(&chart.bars[1]) - 19.6).abs() < 0.1);
        let drawn = chart.render().unwrap();
        assert!(drawn.contains("&#60;渡せず&#62;") && !drawn.contains("style="), "{drawn}");
    }
}
