//! Writes one part anew, element by element. Decides by the rules and asks the
//! package for pictures and objects; knows no ZIP.

use sanitize_core::{Code, Hyperlinks, Job, Stop};

use crate::codes;
use crate::link;
use crate::namespaces;
use crate::package::{Assets, Picture};
use crate::rules::{self, AttributeFate, Fate, Reference};
use crate::xml::{self, Element, Node, Source};

/// What every part begins with.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Rewrites the part `name` of the document in `folder`; `root` is the name
/// that its root element must have. `None` where it has another one.
pub(crate) fn rewrite(
    text: &str,
    name: &str,
    roots: &[&str],
    assets: &mut Assets<'_>,
    job: &mut Job<'_>,
) -> Result<Option<String>, Stop> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut filter = Filter {
        source: Source::new(text, name),
        out: String::with_capacity(text.len() + 4096),
        open: Vec::new(),
        is_tag_open: false,
        place: name,
        folder,
        assets,
        job,
    };
    filter.out.push_str(DECLARATION);
    filter.run(roots)
}

/// An element that is being read.
struct Open {
    /// Its name, where it is written.
    written: Option<&'static str>,
    /// Whether its text is a paragraph's.
    in_paragraph: bool,
    /// Whether an object that stays was met in it: its picture is a preview.
    has_object: bool,
}

struct Filter<'f, 'x, 'a, 'j> {
    source: Source<'x>,
    out: String,
    open: Vec<Open>,
    /// Whether the last start tag still lacks its `>`.
    is_tag_open: bool,
    place: &'f str,
    folder: &'f str,
    assets: &'f mut Assets<'a>,
    job: &'f mut Job<'j>,
}

impl Filter<'_, '_, '_, '_> {
    fn run(mut self, roots: &[&str]) -> Result<Option<String>, Stop> {
        loop {
            match self.source.next()? {
                Node::Start(element)
                    if self.open.is_empty() && !roots.contains(&&*element.name) =>
                {
                    return Ok(None);
                }
                Node::Start(element) => self.start(element)?,
                Node::End => self.end(),
                Node::Text(text) if self.open.is_empty() || text.is_empty() => {}
                Node::Text(text) => {
                    self.close_tag();
                    xml::escape(&text, &mut self.out);
                }
                Node::Odd => self.removed(&codes::ENTITY),
                Node::Eof => return Ok(Some(self.out)),
            }
        }
    }

    fn removed(&mut self, code: &'static Code) {
        self.job.removed(code, self.place);
    }

    /// Reports an element that goes with all that is in it.
    fn drop_reported(&mut self, code: &'static Code, element: &Element<'_>) {
        // LibreOffice writes an empty one into every document.
        if element.name == "office:scripts" && element.is_empty {
            return;
        }
        self.removed(code);
        let target =
            element.value("xlink:href").and_then(|href| link::in_package(self.folder, href));
        if let Some(target) = target {
            self.assets.explain(target);
        }
    }

    fn start(&mut self, element: Element<'_>) -> Result<(), Stop> {
        self.job.budget.take_objects(1)?;
        self.job.budget.check_nesting(u32::try_from(self.open.len()).unwrap_or(u32::MAX))?;
        let in_paragraph = self.open.last().is_some_and(|open| open.in_paragraph);
        let fate = match rules::element(&element.name, in_paragraph, self.job.policy) {
            Fate::Keep(name) => self.write_start(name, &element)?,
            other => other,
        };
        match fate {
            Fate::Keep(name) => {
                if name == "table:table"
                    && let Some(frame) = self.open.last_mut()
                {
                    // A table on a slide draws itself too.
                    frame.has_object = true;
                }
                let in_paragraph = in_paragraph || matches!(name, "text:p" | "text:h");
                self.open.push(Open { written: Some(name), in_paragraph, has_object: false });
            }
            Fate::Unwrap(code) => {
                self.removed(code);
                self.open.push(Open { written: None, in_paragraph, has_object: false });
            }
            Fate::Drop(code) => {
                self.drop_reported(code, &element);
                return self.source.skip(&element);
            }
        }
        if element.is_empty {
            self.end();
        }
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let Some(name) = open.written else { return };
        if self.is_tag_open {
            self.out.push_str("/>");
            self.is_tag_open = false;
        } else {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn close_tag(&mut self) {
        if self.is_tag_open {
            self.out.push('>');
            self.is_tag_open = false;
        }
    }

    /// Writes a start tag, or says what becomes of the element instead.
    fn write_start(&mut self, name: &'static str, element: &Element<'_>) -> Result<Fate, Stop> {
        let mut tag = String::new();
        let href = element.value("xlink:href");
        match self.reference(name, href, &mut tag)? {
            Kept::Yes => {}
            Kept::No(fate) => return Ok(fate),
        }
        let mut findings: Vec<&'static Code> = Vec::new();
        let mut written: Vec<&'static str> = Vec::new();
        for attribute in &element.attributes {
            if attribute.name == "xlink:href" {
                continue;
            }
            match rules::attribute(name, &attribute.name, &attribute.value, self.job.policy) {
                AttributeFate::Keep(known) if !written.contains(&known) => {
                    written.push(known);
                    xml::attribute(known, &attribute.value, &mut tag);
                }
                AttributeFate::Keep(_) | AttributeFate::Silent => {}
                AttributeFate::Drop(code) => findings.push(code),
                AttributeFate::DropElement(code) => return Ok(Fate::Drop(code)),
            }
        }
        for code in findings {
            self.removed(code);
        }
        self.close_tag();
        self.out.push('<');
        self.out.push_str(name);
        if self.open.is_empty() {
            namespaces::declare(&mut self.out);
            self.assets.note_version(self.place, element.value("office:version"));
        }
        self.out.push_str(&tag);
        self.is_tag_open = true;
        Ok(Fate::Keep(name))
    }

    /// Writes what an element refers to, where it may.
    fn reference(
        &mut self,
        name: &'static str,
        href: Option<&str>,
        tag: &mut String,
    ) -> Result<Kept, Stop> {
        let Some(href) = href else { return Ok(Kept::Yes) };
        match rules::reference(name) {
            Reference::Picture => self.picture(name, href, tag),
            Reference::Object => self.object(href, tag),
            Reference::Link if self.is_link_kept(href) => {
                xml::attribute("xlink:href", href, tag);
                Ok(Kept::Yes)
            }
            Reference::Area if self.is_link_kept(href) => {
                xml::attribute("xlink:href", href, tag);
                Ok(Kept::Yes)
            }
            Reference::Link => Ok(Kept::No(Fate::Unwrap(&codes::LINK))),
            Reference::Area => Ok(Kept::No(Fate::Drop(&codes::LINK))),
            Reference::Container if matches!(href, "." | "..") => {
                xml::attribute("xlink:href", href, tag);
                Ok(Kept::Yes)
            }
            Reference::FormTarget => {
                // An empty target is what every form has.
                if !href.is_empty() {
                    self.removed(&codes::FORM_ACTION);
                }
                Ok(Kept::Yes)
            }
            Reference::Container | Reference::Outside => {
                self.removed(&codes::EXTERNAL);
                Ok(Kept::Yes)
            }
        }
    }

    fn is_link_kept(&self, href: &str) -> bool {
        let is_inside = href.starts_with('#') && !link::names_a_file(href);
        is_inside
            || (self.job.policy.office.hyperlinks == Hyperlinks::Keep && link::is_allowed(href))
    }

    fn picture(&mut self, name: &str, href: &str, tag: &mut String) -> Result<Kept, Stop> {
        let is_preview = self.open.last().is_some_and(|open| open.has_object);
        let picture = match link::in_package(self.folder, href) {
            Some(path) => {
                let found = self.assets.picture(&path, self.job)?;
                match found {
                    Some(picture) => Some(picture),
                    // The object draws itself; its preview is not needed.
                    None if is_preview => return Ok(Kept::No(Fate::Drop(&codes::PREVIEW))),
                    None => {
                        self.removed(&codes::PICTURE);
                        self.assets.empty_picture(self.job)?
                    }
                }
            }
            None => {
                self.removed(&codes::EXTERNAL);
                self.assets.empty_picture(self.job)?
            }
        };
        match picture {
            Some(Picture { path, media_type }) => {
                let below = path.strip_prefix(self.folder).and_then(|rest| rest.strip_prefix('/'));
                let href = match below {
                    Some(below) => below.to_owned(),
                    // Up from an object's folder to the document's.
                    None if self.folder.is_empty() => path,
                    None => format!("{}{path}", "../".repeat(self.folder.split('/').count())),
                };
                xml::attribute("xlink:href", &href, tag);
                if name == "draw:image" {
                    xml::attribute("draw:mime-type", media_type, tag);
                }
                Ok(Kept::Yes)
            }
            None if name == "style:background-image" => Ok(Kept::Yes),
            None => Ok(Kept::No(Fate::Drop(&codes::PICTURE))),
        }
    }

    fn object(&mut self, href: &str, tag: &mut String) -> Result<Kept, Stop> {
        let folder = link::in_package(self.folder, href);
        let kept = match folder {
            Some(folder) => self.assets.object(&folder, self.job)?,
            None => false,
        };
        if !kept {
            return Ok(Kept::No(Fate::Drop(&codes::OBJECT)));
        }
        xml::attribute("xlink:href", href, tag);
        if let Some(frame) = self.open.last_mut() {
            frame.has_object = true;
        }
        Ok(Kept::Yes)
    }
}

/// Whether an element with a reference stays.
enum Kept {
    Yes,
    No(Fate),
}
