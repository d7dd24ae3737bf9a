//! Tables: those that hold data keep their rows; those that only arrange a page
//! become lines.

/// Characters of one cell of data; longer ones are paragraphs put side by side.
const CELL_CHARS_MAX: usize = 120;

/// A row: its cells as lines, and whether they are headings.
pub(super) type Row = (Vec<Vec<String>>, bool);

/// Writes the rows. `arranges` says that another table stands inside.
pub(super) fn lines(rows: Vec<Row>, arranges: bool) -> Vec<String> {
    if arranges || !is_data(&rows) {
        return rows.into_iter().flat_map(|(cells, _)| cells.into_iter().flatten()).collect();
    }
    let mut out = Vec::with_capacity(rows.len() + 1);
    for (index, (cells, is_heading)) in rows.iter().enumerate() {
        let texts: Vec<String> =
            cells.iter().map(|cell| cell.join(" ").replace('|', "｜")).collect();
        if texts.iter().all(|text| text.trim().is_empty()) {
            continue;
        }
        out.push(format!("| {} |", texts.join(" | ")));
        if index == 0 && *is_heading && rows.len() > 1 {
            out.push(format!("|{}", " --- |".repeat(texts.len())));
        }
    }
    out
}

fn is_data(rows: &[Row]) -> bool {
    let filled = |cells: &Vec<Vec<String>>| cells.iter().filter(|cell| !cell.is_empty()).count();
    let wide = rows.iter().filter(|(cells, _)| filled(cells) >= 2).count();
    let is_short = |cell: &Vec<String>| {
        cell.len() <= 4
            && cell.iter().map(|line| line.chars().count()).sum::<usize>() <= CELL_CHARS_MAX
    };
    wide >= 2 && rows.iter().all(|(cells, _)| cells.iter().all(is_short))
}
