//! A page as text: what people would see, in the order of reading, with tables,
//! lists and quotes. Everything else is named and left out.

mod active;
mod grid;

use sanitize_text::page::{Document, Id, Kind, Node, ROOT};

use crate::codes;
use crate::links::Origin;

use super::Body;
use super::lines::Lines;
use super::style::{self, Colour, Sheet, Style};

/// How deep elements are followed; deeper ones are read as bare text by then.
const DEPTH_MAX: u32 = 300;
/// Marks of quotes and lists that are written before one line.
const MARKS_MAX: u32 = 8;

/// Reads a page.
pub(super) fn text(document: &Document, body: &mut Body<'_>) -> String {
    let mut page = Page { document, sheet: Sheet::default(), base: String::new(), body };
    page.prepare();
    let mut lines = Lines::default();
    page.flow(ROOT, &Around::default(), &mut lines);
    lines.finish().join("\n")
}

struct Page<'a, 'l> {
    document: &'a Document,
    sheet: Sheet,
    /// What relative links begin with.
    base: String,
    body: &'a mut Body<'l>,
}

/// What an element stands in.
#[derive(Debug, Clone)]
struct Around {
    colour: Colour,
    background: Colour,
    is_exact: bool,
    is_link: bool,
    marks: u32,
    depth: u32,
}

impl Default for Around {
    fn default() -> Self {
        Self {
            colour: [0, 0, 0],
            background: [255, 255, 255],
            is_exact: false,
            is_link: false,
            marks: 0,
            depth: 0,
        }
    }
}

impl Page<'_, '_> {
    fn node(&self, id: Id) -> Option<&Node> {
        self.document.nodes.get(id)
    }

    /// Reads style sheets and what stands for the page as a whole.
    fn prepare(&mut self) {
        let mut sheets = String::new();
        for node in &self.document.nodes {
            match node.name() {
                Some("style") => {
                    for child in &node.children {
                        if let Some(Kind::Text(text)) = self.node(*child).map(|node| &node.kind) {
                            sheets.push_str(text);
                        }
                    }
                }
                Some("base") if self.base.is_empty() => {
                    node.attribute("href").unwrap_or_default().clone_into(&mut self.base);
                }
                _ => {}
            }
        }
        if sheets.contains("@import") || sheets.contains("url(") {
            self.body.note(&codes::REMOTE_STYLE, "");
        }
        for part in sheets.split("font-family:").skip(1) {
            self.body.font(part.split([';', '}', '!']).next().unwrap_or_default());
        }
        self.sheet.read(&sheets);
    }

    fn children(&mut self, id: Id, around: &Around, lines: &mut Lines) {
        let children = self.node(id).map(|node| node.children.clone()).unwrap_or_default();
        for child in children {
            self.flow(child, around, lines);
        }
    }

    fn flow(&mut self, id: Id, around: &Around, lines: &mut Lines) {
        let Some(node) = self.document.nodes.get(id) else { return };
        match &node.kind {
            Kind::Document => self.children(id, around, lines),
            Kind::Comment => {}
            Kind::Text(text) => self.words(text, around, lines),
            Kind::Element { .. } => self.element(id, node, around, lines),
        }
    }

    fn words(&mut self, text: &str, around: &Around, lines: &mut Lines) {
        let seen = self.body.visible(text);
        if !seen.trim().is_empty() && !style::is_seen(around.colour, around.background) {
            self.hidden(&seen);
            return;
        }
        let origin = (!around.is_link).then_some(Origin::Page);
        let seen = self.body.defanged(&seen, origin);
        if around.is_exact { lines.exact(&seen) } else { lines.words(&seen) }
    }

    fn hidden(&mut self, text: &str) {
        let short: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short = self.body.defanged(&short, None);
        self.body.note(&codes::HIDDEN_TEXT, &short.chars().take(60).collect::<String>());
    }

    fn element(&mut self, id: Id, node: &Node, around: &Around, lines: &mut Lines) {
        let name = node.name().unwrap_or_default();
        self.note_attributes(node);
        if self.is_dropped(id, name, node) || around.depth > DEPTH_MAX {
            return;
        }
        let style = self.style(node);
        if name == "img" {
            self.picture(node, &style, lines);
            return;
        }
        if node.attribute("hidden").is_some() || style.hides() {
            let text = self.bare(id, 0);
            if !text.trim().is_empty() {
                let text = self.body.visible(&text);
                self.hidden(&text);
            }
            return;
        }
        let mut inside = around.clone();
        inside.depth += 1;
        let attribute = |name: &str| node.attribute(name).and_then(style::colour);
        if let Some(colour) =
            style.colour().or_else(|| attribute("color")).or_else(|| attribute("text"))
        {
            inside.colour = colour;
        }
        if let Some(background) = style.background().or_else(|| attribute("bgcolor")) {
            inside.background = background;
        }
        // Whatever stands on a picture may well be seen.
        let fetches = style.fetches() || node.attribute("background").is_some();
        if fetches {
            inside.background = [127, 127, 127];
            self.body.note(&codes::REMOTE_IMAGE, "background");
        }
        self.place(id, name, node, &inside, lines);
    }

    /// Writes an element by what it means.
    fn place(&mut self, id: Id, name: &str, node: &Node, around: &Around, lines: &mut Lines) {
        match name {
            "br" => lines.line(),
            "hr" => {
                lines.block();
                lines.words("----");
                lines.block();
            }
            "a" | "area" => self.anchor(id, node, around, lines),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "dl" => {
                lines.gap();
                self.children(id, around, lines);
                lines.gap();
            }
            "blockquote" => {
                lines.gap();
                let inner = self.inner(id, around);
                let mark = if around.marks < MARKS_MAX { "> " } else { "" };
                lines.put(inner, mark, mark);
                lines.gap();
            }
            "ul" | "ol" | "menu" | "dir" => self.list(name, node, around, lines),
            "table" => self.table(id, around, lines),
            "pre" | "textarea" | "listing" | "xmp" => {
                lines.block();
                let around = Around { is_exact: true, ..around.clone() };
                self.children(id, &around, lines);
                lines.block();
            }
            "rt" => {
                let inner = self.inner(id, around).join("");
                lines.words(&format!("({inner})"));
            }
            "rp" => {}
            "del" | "s" | "strike" => {
                lines.words("~~");
                self.children(id, around, lines);
                lines.words("~~");
            }
            _ if is_block(name) => {
                lines.block();
                self.children(id, around, lines);
                lines.block();
            }
            _ => self.children(id, around, lines),
        }
    }

    fn style(&mut self, node: &Node) -> Style {
        let attribute = |name: &str| node.attribute(name).unwrap_or_default();
        let name = node.name().unwrap_or_default();
        let style = self.sheet.style(name, attribute("class"), attribute("id"), attribute("style"));
        if let Some(fonts) = style.fonts() {
            self.body.font(fonts);
        }
        style
    }

    fn inner(&mut self, id: Id, around: &Around) -> Vec<String> {
        let mut lines = Lines::default();
        let around = Around { marks: around.marks + 1, ..around.clone() };
        self.children(id, &around, &mut lines);
        lines.finish()
    }

    /// All text below, hidden or not.
    fn bare(&self, id: Id, depth: u32) -> String {
        let Some(node) = self.node(id).filter(|_| depth < DEPTH_MAX) else { return String::new() };
        match &node.kind {
            Kind::Text(text) => text.clone(),
            Kind::Comment => String::new(),
            Kind::Element { .. } if matches!(node.name(), Some("script" | "style")) => {
                String::new()
            }
            Kind::Document | Kind::Element { .. } => {
                node.children.iter().map(|child| self.bare(*child, depth + 1)).collect()
            }
        }
    }
}

fn is_block(name: &str) -> bool {
    const BLOCKS: &[&str] = &[
        "address",
        "article",
        "aside",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "option",
        "section",
        "summary",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
    ];
    BLOCKS.contains(&name)
}
