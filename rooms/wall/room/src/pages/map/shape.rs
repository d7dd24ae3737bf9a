//! Paths of the map: lines that bend, arrows, bars and badges. Every state has a
//! form of its own, so that colour is never the only sign.

use super::super::mark::Mark;
use super::short;

/// A point.
pub(super) type Point = (f64, f64);

/// A line that leaves and arrives level, so that its ends stay apart from
/// others.
pub(super) fn bend((x1, y1): Point, (x2, y2): Point, straight: f64) -> String {
    let ahead = if x1 < x2 { straight } else { -straight };
    let (a, b) = (x1 + ahead, x2 - ahead);
    let middle = (a + b) / 2.0;
    format!(
        "M {} {} H {} C {} {} {} {} {} {} H {}",
        short(x1),
        short(y1),
        short(a),
        short(middle),
        short(y1),
        short(middle),
        short(y2),
        short(b),
        short(y2),
        short(x2)
    )
}

/// A line round below everything, and where its badge stands.
pub(super) fn round((x1, y1): Point, (x2, y2): Point, below: f64, ahead: f64) -> (String, Point) {
    // Beside the numbers of the flows.
    const ASIDE: f64 = 25.0;
    let (a, b) = (x1 + ahead * ASIDE, x2 - ahead * ASIDE);
    let path = format!(
        "M {} {} H {} V {} H {} V {} H {}",
        short(x1),
        short(y1),
        short(a),
        short(below),
        short(b),
        short(y2),
        short(x2)
    );
    (path, ((a + b) / 2.0, below))
}

/// The head of an arrow whose tip is at a point; `ahead` is 1 to the right.
pub(super) fn arrow(x: f64, y: f64, ahead: f64) -> String {
    let back = short(x - ahead * 9.0);
    format!("M {} {} L {back} {} V {} Z", short(x), short(y), short(y - 4.5), short(y + 4.5))
}

/// Two bars across a line: nothing passes here.
pub(super) fn bars(x: f64, y: f64) -> String {
    let (top, bottom) = (short(y - 9.0), short(y + 9.0));
    format!("M {} {top} V {bottom} M {} {top} V {bottom}", short(x - 3.0), short(x + 3.0))
}

/// What a flow's number stands on.
pub(super) fn badge(mark: Mark, x: f64, y: f64) -> String {
    match mark {
        Mark::Open | Mark::Waiting => circle(x, y),
        Mark::EndsSoon => {
            polygon(x, y, &[(0.0, -12.0), (11.0, -4.0), (11.0, 10.0), (-11.0, 10.0), (-11.0, -4.0)])
        }
        Mark::Refused => polygon(x, y, &[(0.0, -11.5), (11.5, 0.0), (0.0, 11.5), (-11.5, 0.0)]),
        Mark::Closed => square(x, y, 8.5),
        Mark::CutOff => polygon(
            x,
            y,
            &[
                (-4.5, -10.5),
                (4.5, -10.5),
                (10.5, -4.5),
                (10.5, 4.5),
                (4.5, 10.5),
                (-4.5, 10.5),
                (-10.5, 4.5),
                (-10.5, -4.5),
            ],
        ),
        Mark::Drifted => square(x, y, 10.0),
    }
}

fn circle(x: f64, y: f64) -> String {
    const RADIUS: f64 = 9.5;
    let (across, arc) = (short(RADIUS * 2.0), format!("a {RADIUS} {RADIUS} 0 1 0"));
    format!("M {} {} {arc} {across} 0 {arc} -{across} 0 Z", short(x - RADIUS), short(y))
}

fn square(x: f64, y: f64, half: f64) -> String {
    polygon(x, y, &[(-half, -half), (half, -half), (half, half), (-half, half)])
}

fn polygon(x: f64, y: f64, corners: &[Point]) -> String {
    let mut path = String::from("M");
    for (dx, dy) in corners {
        path.push_str(&format!(" {} {}", short(x + dx), short(y + dy)));
    }
    path.push_str(" Z");
    path
}
