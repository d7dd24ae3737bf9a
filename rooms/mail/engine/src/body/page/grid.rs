//! Lists and tables of a page.

use sanitize_text::page::{Id, Node};

use super::{Around, DEPTH_MAX, MARKS_MAX, Page};
use crate::body::lines::Lines;
use crate::body::style;
use crate::body::table::{self, Row};

impl Page<'_, '_> {
    pub(super) fn list(&mut self, name: &str, node: &Node, around: &Around, lines: &mut Lines) {
        lines.block();
        let first = node.attribute("start").and_then(|start| start.trim().parse().ok());
        let mut number: i64 = first.unwrap_or(1);
        for child in node.children.clone() {
            let is_item = self.node(child).is_some_and(|node| node.name() == Some("li"));
            if !is_item {
                self.flow(child, around, lines);
                continue;
            }
            let mut inside = Lines::default();
            let deeper = Around { marks: around.marks + 1, ..around.clone() };
            self.flow(child, &deeper, &mut inside);
            let mark = if name == "ol" { format!("{number}. ") } else { "・".to_owned() };
            number = number.saturating_add(1);
            let indent = if around.marks < MARKS_MAX { "  " } else { "" };
            lines.put(inside.finish(), &mark, indent);
        }
    }

    pub(super) fn table(&mut self, id: Id, around: &Around, lines: &mut Lines) {
        let mut rows = Vec::new();
        let arranges = self.has_table(id, 0);
        self.rows(id, around, &mut rows, lines);
        lines.block();
        let written = table::lines(rows, arranges);
        lines.put(written, "", "");
    }

    fn rows(&mut self, id: Id, around: &Around, rows: &mut Vec<Row>, lines: &mut Lines) {
        let children = self.node(id).map(|node| node.children.clone()).unwrap_or_default();
        for child in children {
            let Some(node) = self.document.nodes.get(child) else { continue };
            match node.name() {
                Some("tbody" | "thead" | "tfoot") => self.rows(child, around, rows, lines),
                Some("tr") => {
                    let row = self.row(child, around);
                    rows.push(row);
                }
                _ => self.flow(child, around, lines),
            }
        }
    }

    fn row(&mut self, id: Id, around: &Around) -> Row {
        let mut cells = Vec::new();
        let mut headings = 0;
        let style = self.document.nodes.get(id).map(|node| (self.style(node), node));
        let mut around = Around { depth: around.depth + 2, ..around.clone() };
        if let Some((style, node)) = style {
            if style.hides() {
                let text = self.bare(id, 0);
                if !text.trim().is_empty() {
                    self.hidden(&text);
                }
                return (cells, false);
            }
            let given =
                style.background().or_else(|| node.attribute("bgcolor").and_then(style::colour));
            around.background = given.unwrap_or(around.background);
            around.colour = style.colour().unwrap_or(around.colour);
        }
        for child in self.node(id).map(|node| node.children.clone()).unwrap_or_default() {
            let mut lines = Lines::default();
            self.flow(child, &around, &mut lines);
            let name = self.node(child).and_then(Node::name);
            if matches!(name, Some("td" | "th")) {
                headings += u32::from(name == Some("th"));
                cells.push(lines.finish());
            }
        }
        let is_heading = headings > 0 && headings as usize == cells.len();
        (cells, is_heading)
    }

    /// Says whether another table stands below.
    fn has_table(&self, id: Id, depth: u32) -> bool {
        depth < DEPTH_MAX
            && self.node(id).is_some_and(|node| {
                node.children.iter().any(|child| {
                    self.node(*child).is_some_and(|node| node.name() == Some("table"))
                        || self.has_table(*child, depth + 1)
                })
            })
    }
}
