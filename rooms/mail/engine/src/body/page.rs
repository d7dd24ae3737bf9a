//! A page as text: what people would see, in the order of reading, with tables,
//! lists and quotes. Everything else is named and left out.

use sanitize_text::page::{Document, Id, Kind, Node, ROOT};

use crate::codes;
use crate::links::{self, Link, Origin};

use super::Body;
use super::lines::Lines;
use super::style::{self, Colour, Sheet, Style};
use super::table::{self, Row};

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

    /// Says whether the element goes with all that is in it, and notes why.
    fn is_dropped(&mut self, id: Id, name: &str, node: &Node) -> bool {
        match name {
            "script" => self.body.note(&codes::SCRIPT, ""),
            "iframe" | "frame" | "frameset" | "object" | "embed" | "applet" | "audio" | "video"
            | "portal" | "svg" | "math" => {
                let source = node.attribute("src").or_else(|| node.attribute("data"));
                let place = source.map(links::defang).unwrap_or_default();
                self.body.note(&codes::FRAME, &place);
            }
            "input" | "select" | "keygen" => self.body.note(&codes::FORM, name),
            "form" => {
                let action = node.attribute("action").unwrap_or_default();
                if !action.is_empty() {
                    let link = Link::new("", action, Origin::Page);
                    self.body.note(&codes::FORM, &link.defanged);
                    self.body.link(link);
                } else {
                    self.body.note(&codes::FORM, "");
                }
                return false;
            }
            "meta" => {
                let is_refresh = node
                    .attribute("http-equiv")
                    .is_some_and(|value| value.trim().eq_ignore_ascii_case("refresh"));
                if is_refresh {
                    let content = node.attribute("content").unwrap_or_default();
                    let target = content.split_once('=').map_or("", |(_, target)| target);
                    let target = target.trim().trim_matches(['\'', '"']);
                    self.body.note(&codes::REFRESH, &links::defang(target));
                    if !target.is_empty() {
                        self.body.link(Link::new("", target, Origin::Page));
                    }
                }
            }
            "link" => {
                let target = node.attribute("href").unwrap_or_default();
                if target.contains("//") {
                    self.body.note(&codes::REMOTE_STYLE, &Link::new("", target, Origin::Page).host);
                }
            }
            "noscript" => {
                let text = self.bare(id, 0);
                if !text.trim().is_empty() {
                    self.hidden(&text);
                }
            }
            "style" | "title" | "base" | "template" | "param" | "source" | "track" | "noembed"
            | "noframes" => {}
            _ => return false,
        }
        true
    }

    fn note_attributes(&mut self, node: &Node) {
        let Kind::Element { attributes, .. } = &node.kind else { return };
        let handlers = attributes.iter().filter(|attribute| attribute.name.local.starts_with("on"));
        self.body.note_times(&codes::HANDLER, "", handlers.count() as u64);
        if let Some(fonts) = node.attribute("face") {
            self.body.font(fonts);
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

    fn picture(&mut self, node: &Node, style: &Style, lines: &mut Lines) {
        let source = node.attribute("src").unwrap_or_default().trim();
        let is_remote = Link::new("", source, Origin::Page).host;
        let number = |name: &str| {
            node.attribute(name)
                .and_then(|value| value.trim_end_matches("px").trim().parse::<u32>().ok())
        };
        let is_dot = style.is_dot()
            || style.hides()
            || (number("width").is_some_and(|size| size <= 3)
                && number("height").is_some_and(|size| size <= 3));
        if !is_remote.is_empty() {
            let code = if is_dot { &codes::BEACON } else { &codes::REMOTE_IMAGE };
            self.body.note(code, &is_remote);
        }
        if !is_dot {
            let says = node.attribute("alt").unwrap_or_default();
            let says = self.body.visible(says);
            let says = self.body.defanged(&says, None);
            let says = says.trim();
            lines.words(&if says.is_empty() {
                "[画像]".to_owned()
            } else {
                format!("[画像: {says}]")
            });
        }
    }

    fn anchor(&mut self, id: Id, node: &Node, around: &Around, lines: &mut Lines) {
        let inside = Around { is_link: true, ..around.clone() };
        self.children(id, &inside, lines);
        let target = node.attribute("href").unwrap_or_default().trim().to_owned();
        if target.is_empty() || target.starts_with('#') {
            return;
        }
        let displayed = self.bare(id, 0).split_whitespace().collect::<Vec<_>>().join(" ");
        let target = self.joined(&target);
        let link = Link::new(&displayed, &target, Origin::Page);
        let same = |text: &str| {
            let text = text.trim().to_ascii_lowercase();
            let text = text.strip_prefix("mailto:").unwrap_or(&text);
            let text = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"))
                .unwrap_or(text);
            text.trim_end_matches('/').to_owned()
        };
        if same(&displayed) != same(&target) || link.is_odd() {
            let odd = if link.is_odd() { "⚠ " } else { "" };
            lines.words(&format!(" <{odd}{}>", link.defanged));
        }
        // Addresses to write to are no way out.
        if !target.to_ascii_lowercase().starts_with("mailto:") {
            self.body.link(link);
        }
    }

    /// Joins a relative target to the page's base.
    fn joined(&self, target: &str) -> String {
        let is_absolute = target.contains(':') || target.starts_with("//");
        match self.base.split_once("://") {
            Some((scheme, rest)) if !is_absolute => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                format!("{scheme}://{host}/{}", target.trim_start_matches('/'))
            }
            _ => target.to_owned(),
        }
    }

    fn inner(&mut self, id: Id, around: &Around) -> Vec<String> {
        let mut lines = Lines::default();
        let around = Around { marks: around.marks + 1, ..around.clone() };
        self.children(id, &around, &mut lines);
        lines.finish()
    }

    fn list(&mut self, name: &str, node: &Node, around: &Around, lines: &mut Lines) {
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

    fn table(&mut self, id: Id, around: &Around, lines: &mut Lines) {
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
