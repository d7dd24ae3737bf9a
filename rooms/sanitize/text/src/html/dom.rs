//! The tree that the HTML parser builds: nodes in one list, named by number.
//! Judges nothing.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName};
use sanitize_core::{Job, Stop};

/// A node's number.
pub type Id = usize;

/// What a node is.
#[derive(Debug)]
pub enum Kind {
    /// The page itself, or what a template holds.
    Document,
    /// An element with its attributes.
    Element {
        /// With its namespace.
        name: Rc<QualName>,
        /// In the order of writing.
        attributes: Vec<Attribute>,
    },
    /// Characters.
    Text(String),
    /// A comment or processing instruction.
    Comment,
}

/// One place in the tree.
#[derive(Debug)]
pub struct Node {
    parent: Option<Id>,
    /// In their order.
    pub children: Vec<Id>,
    /// What it is.
    pub kind: Kind,
    depth: u32,
    /// What a template holds, apart from the page.
    template: Option<Id>,
}

/// A parsed page.
#[derive(Debug)]
pub struct Document {
    /// By their numbers.
    pub nodes: Vec<Node>,
    /// Whether a browser would show it as the old ones did.
    pub is_quirky: bool,
}

impl Node {
    /// Returns an element's name in lower case, without its namespace.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Element { name, .. } => Some(&name.local),
            Kind::Document | Kind::Text(_) | Kind::Comment => None,
        }
    }

    /// Returns an element's attribute by its lower-case name.
    #[must_use]
    pub fn attribute(&self, wanted: &str) -> Option<&str> {
        match &self.kind {
            Kind::Element { attributes, .. } => attributes
                .iter()
                .find(|attribute| &*attribute.name.local == wanted)
                .map(|attribute| &*attribute.value),
            Kind::Document | Kind::Text(_) | Kind::Comment => None,
        }
    }
}

/// The document's own number.
pub const ROOT: Id = 0;

/// Parses a page in pieces, so that limits are looked at before they are far
/// behind.
///
/// # Errors
/// Stops at the limits on objects and nesting.
pub fn parse(text: &str, job: &mut Job<'_>) -> Result<Document, Stop> {
    const PIECE_BYTES: usize = 4096;
    /// Browsers nest elements deeper than other documents: tag soup rarely closes them.
    const NESTING_SHARE: u32 = 4;
    let mut parser = html5ever::parse_document(Sink::new(), ParseOpts::default());
    let mut rest = text;
    let mut counted = 0;
    while !rest.is_empty() {
        let mut end = rest.len().min(PIECE_BYTES);
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (piece, after) = rest.split_at(end);
        parser.process(StrTendril::from_slice(piece));
        rest = after;
        let sink = &parser.tokenizer.sink.sink;
        let count = sink.nodes.borrow().len();
        job.budget.take_objects((count - counted) as u64)?;
        counted = count;
        job.budget.check_nesting(sink.depth.get() / NESTING_SHARE)?;
    }
    Ok(parser.finish())
}

struct Sink {
    nodes: RefCell<Vec<Node>>,
    quirks: Cell<bool>,
    /// The greatest depth seen.
    depth: Cell<u32>,
}

/// An element's name, shared with the tree.
#[derive(Debug)]
struct Name(Rc<QualName>);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    fn new() -> Self {
        let root = Node {
            parent: None,
            children: Vec::new(),
            kind: Kind::Document,
            depth: 0,
            template: None,
        };
        Self { nodes: RefCell::new(vec![root]), quirks: Cell::new(false), depth: Cell::new(0) }
    }

    fn add(&self, kind: Kind) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { parent: None, children: Vec::new(), kind, depth: 0, template: None });
        nodes.len() - 1
    }

    /// Puts a node or text into `parent` before the child at `index`.
    fn insert(&self, parent: Id, index: usize, child: NodeOrText<Id>) {
        let mut nodes = self.nodes.borrow_mut();
        let id = match child {
            NodeOrText::AppendNode(id) => id,
            NodeOrText::AppendText(text) => {
                let before = index
                    .checked_sub(1)
                    .and_then(|index| nodes[parent].children.get(index).copied());
                if let Some(before) = before
                    && let Kind::Text(known) = &mut nodes[before].kind
                {
                    known.push_str(&text);
                    return;
                }
                let kind = Kind::Text(text.to_string());
                nodes.push(Node {
                    parent: None,
                    children: Vec::new(),
                    kind,
                    depth: 0,
                    template: None,
                });
                nodes.len() - 1
            }
        };
        let depth = nodes[parent].depth + 1;
        nodes[id].parent = Some(parent);
        nodes[id].depth = depth;
        let index = index.min(nodes[parent].children.len());
        nodes[parent].children.insert(index, id);
        self.depth.set(self.depth.get().max(depth));
    }

    fn detach(&self, id: Id) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes[id].parent.take() else { return };
        if let Some(at) = nodes[parent].children.iter().rposition(|child| *child == id) {
            nodes[parent].children.remove(at);
        }
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = Document;
    type ElemName<'a> = Name;

    fn finish(self) -> Document {
        Document { nodes: self.nodes.into_inner(), is_quirky: self.quirks.get() }
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a Id) -> Name {
        match &self.nodes.borrow()[*target].kind {
            Kind::Element { name, .. } => Name(Rc::clone(name)),
            // The parser asks for the names of elements only.
            Kind::Document | Kind::Text(_) | Kind::Comment => {
                Name(Rc::new(QualName::new(None, Namespace::from(""), LocalName::from(""))))
            }
        }
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> Id {
        let id = self.add(Kind::Element { name: Rc::new(name), attributes });
        if flags.template {
            let content = self.add(Kind::Document);
            self.nodes.borrow_mut()[id].template = Some(content);
        }
        id
    }

    fn create_comment(&self, _: StrTendril) -> Id {
        self.add(Kind::Comment)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Id {
        self.add(Kind::Comment)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        if let NodeOrText::AppendNode(id) = child {
            self.detach(id);
        }
        let end = self.nodes.borrow()[*parent].children.len();
        self.insert(*parent, end, child);
    }

    fn append_based_on_parent_node(&self, element: &Id, previous: &Id, child: NodeOrText<Id>) {
        let has_parent = self.nodes.borrow()[*element].parent.is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Id) -> Id {
        self.nodes.borrow()[*target].template.unwrap_or(*target)
    }

    fn same_node(&self, x: &Id, y: &Id) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.quirks.set(mode == QuirksMode::Quirks);
    }

    fn append_before_sibling(&self, sibling: &Id, child: NodeOrText<Id>) {
        if let NodeOrText::AppendNode(id) = child {
            self.detach(id);
        }
        let place = {
            let nodes = self.nodes.borrow();
            let parent = nodes[*sibling].parent;
            parent.and_then(|parent| {
                let at = nodes[parent].children.iter().rposition(|child| child == sibling);
                at.map(|at| (parent, at))
            })
        };
        if let Some((parent, index)) = place {
            self.insert(parent, index, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &Id, more: Vec<Attribute>) {
        if let Kind::Element { attributes, .. } = &mut self.nodes.borrow_mut()[*target].kind {
            for attribute in more {
                if !attributes.iter().any(|known| known.name == attribute.name) {
                    attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Id) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        let mut nodes = self.nodes.borrow_mut();
        let children = std::mem::take(&mut nodes[*node].children);
        let depth = nodes[*new_parent].depth + 1;
        for &child in &children {
            nodes[child].parent = Some(*new_parent);
            nodes[child].depth = depth;
        }
        nodes[*new_parent].children.extend(children);
    }
}
