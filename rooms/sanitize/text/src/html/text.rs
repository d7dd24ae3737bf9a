//! Reads the text of a page in order: blocks end lines, cells end with a tab.

use sanitize_core::{Job, Stop};

use super::dom::{self, Id, Kind, ROOT};

/// Extracts the text of a page.
pub(crate) fn extract(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let clean = super::rebuild(bytes, job)?;
    let text = String::from_utf8_lossy(&clean);
    let document = dom::parse(&text, job)?;
    let mut out = String::new();
    let mut steps = vec![Step::Node(ROOT, false)];
    while let Some(step) = steps.pop() {
        match step {
            Step::End(mark) => end(mark, &mut out),
            Step::Node(id, is_exact) => {
                let node = &document.nodes[id];
                let is_exact = match &node.kind {
                    Kind::Text(text) => {
                        put(text, is_exact, &mut out);
                        continue;
                    }
                    Kind::Comment => continue,
                    Kind::Document => false,
                    Kind::Element { name, .. } => {
                        let name = &*name.local;
                        if matches!(name, "head" | "style") {
                            continue;
                        }
                        if name == "br" {
                            out.push('\n');
                        }
                        if is_block(name) {
                            end(Mark::Line, &mut out);
                            steps.push(Step::End(Mark::Line));
                        } else if matches!(name, "td" | "th") {
                            steps.push(Step::End(Mark::Cell));
                        }
                        is_exact || matches!(name, "pre" | "textarea")
                    }
                };
                steps.extend(node.children.iter().rev().map(|&child| Step::Node(child, is_exact)));
            }
        }
    }
    Ok(out.trim_start_matches('\n').to_owned())
}

enum Step {
    /// A node, and whether white space counts in it.
    Node(Id, bool),
    End(Mark),
}

#[derive(Clone, Copy)]
enum Mark {
    Line,
    Cell,
}

fn end(mark: Mark, out: &mut String) {
    while out.ends_with(' ') {
        out.pop();
    }
    match mark {
        Mark::Cell => out.push('\t'),
        Mark::Line => {
            while out.ends_with('\t') {
                out.pop();
            }
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
        }
    }
}

fn put(text: &str, is_exact: bool, out: &mut String) {
    if is_exact {
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        if c.is_ascii_whitespace() {
            if !out.is_empty() && !out.ends_with([' ', '\n', '\t']) {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tr"
            | "ul"
    )
}
