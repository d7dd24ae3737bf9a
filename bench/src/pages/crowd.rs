//! Eight people at once, each looking at a page, thinking for a quarter of a
//! second, and going on: some thirty pages a second, what ten thousand people
//! ask for in a busy hour.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::desk::Desk;
use super::plan::chance;
use super::walk::{Asked, Figures};

const THINKING: Duration = Duration::from_millis(250);
const LASTS: Duration = Duration::from_secs(20);

/// Lets everybody walk over their own pages by chance, and says how long they
/// waited.
pub(super) fn crowd(desks: &mut BTreeMap<&'static str, Desk>, pages: &[Asked]) -> Result<String> {
    let started = Instant::now();
    let waits = std::thread::scope(|scope| {
        let walkers: Vec<_> = desks
            .iter_mut()
            .map(|(who, desk)| {
                let own: Vec<&Asked> = pages.iter().filter(|page| page.who == *who).collect();
                scope.spawn(move || walk(desk, &own))
            })
            .collect();
        let mut all = Vec::new();
        for walker in walkers {
            let waits = walker.join().ok().context("a walker")?;
            all.extend(waits?);
        }
        anyhow::Ok(all)
    })?;
    let (count, seconds) = (waits.len(), started.elapsed().as_secs_f64());
    let Figures { p50, p95, p99, max } = Figures::of(waits);
    Ok(format!(
        "\nEight people at once, {:.0} pages a second for {seconds:.0} s: p50 {p50:.1} ms, p95 {p95:.1} ms, \
         p99 {p99:.1} ms, max {max:.1} ms.\n",
        count as f64 / seconds
    ))
}

fn walk(desk: &mut Desk, pages: &[&Asked]) -> Result<Vec<f64>> {
    let mut waits = Vec::new();
    if pages.is_empty() {
        return Ok(waits);
    }
    let started = Instant::now();
    for step in 0.. {
        if started.elapsed() > LASTS {
            break;
        }
        let page = pages[chance(step, 11, pages.len())];
        waits.push(desk.get(&page.path)?.took.as_secs_f64() * 1_000.0);
        std::thread::sleep(THINKING);
    }
    Ok(waits)
}
