//! What of a page acts, calls out or leads away: links and pictures with where
//! they lead, and everything that is dropped, with its name.

use sanitize_text::page::{Id, Kind, Node};

use super::{Around, Page};
use crate::body::lines::Lines;
use crate::body::style::Style;
use crate::codes;
use crate::links::{self, Link, Origin};

impl Page<'_, '_> {
    /// Says whether the element goes with all that is in it, and notes why.
    pub(super) fn is_dropped(&mut self, id: Id, name: &str, node: &Node) -> bool {
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

    pub(super) fn note_attributes(&mut self, node: &Node) {
        let Kind::Element { attributes, .. } = &node.kind else { return };
        let handlers = attributes.iter().filter(|attribute| attribute.name.local.starts_with("on"));
        self.body.note_times(&codes::HANDLER, "", handlers.count() as u64);
        if let Some(fonts) = node.attribute("face") {
            self.body.font(fonts);
        }
    }

    pub(super) fn picture(&mut self, node: &Node, style: &Style, lines: &mut Lines) {
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

    pub(super) fn anchor(&mut self, id: Id, node: &Node, around: &Around, lines: &mut Lines) {
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
}
