//! Looks for what a document held beside its pages and reports it. Everything
//! here is left out of the new file simply by never being written.

mod outside;

use std::collections::HashSet;

use hayro_syntax::object::{Array, Dict, MaybeRef, ObjRef, Object};
use sanitize_core::Code;

use crate::rebuild::Rebuilder;
use crate::resources::Category;
use crate::{codes, source};
pub use outside::{file, unreachable};

/// Reports what the catalogue holds (§7.7.2).
pub fn catalog<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, catalog: &Dict<'a>) {
    for key in sorted_keys(catalog) {
        let code: Option<&'static Code> = match key.as_slice() {
            b"OpenAction" => {
                // A plain place to start at is no action.
                match catalog.get::<Object<'_>>("OpenAction") {
                    Some(Object::Dict(action)) => {
                        rebuilder.report(&codes::OPEN_ACTION);
                        chain(rebuilder, &action);
                    }
                    Some(_) => rebuilder.report(&codes::OPEN_ACTION),
                    None => {}
                }
                None
            }
            b"AA" => {
                triggers(rebuilder, catalog);
                None
            }
            b"Names" => {
                names(rebuilder, catalog);
                None
            }
            b"AcroForm" => {
                form(rebuilder, catalog);
                None
            }
            b"AF" => Some(&codes::FILE_EMBEDDED),
            b"Collection" => Some(&codes::PORTFOLIO),
            b"URI" => Some(&codes::URI_AUTO),
            b"Metadata" => Some(&codes::METADATA),
            b"PieceInfo" => Some(&codes::PRIVATE_DATA),
            b"StructTreeRoot" | b"MarkInfo" => Some(&codes::STRUCTURE),
            b"PageLabels" => Some(&codes::PAGE_LABELS),
            b"Threads" => Some(&codes::THREADS),
            b"SpiderInfo" => Some(&codes::WEB_CAPTURE),
            b"DSS" | b"Perms" | b"Legal" => Some(&codes::SECURITY_STORE),
            b"OCProperties" => Some(&codes::LAYERS),
            b"OutputIntents" => Some(&codes::PROFILE),
            b"Requirements" => Some(&codes::REQUIREMENTS),
            b"Extensions" => has_odd_extension(catalog).then_some(&codes::CATALOG_KEY),
            b"NeedsRendering" => Some(&codes::XFA),
            b"Type" | b"Version" | b"Pages" | b"Outlines" | b"PageMode" | b"PageLayout"
            | b"ViewerPreferences" | b"Lang" | b"Dests" | b"DPartRoot" => None,
            _ => Some(&codes::CATALOG_KEY),
        };
        if let Some(code) = code {
            rebuilder.report(code);
        }
    }
}

/// Says whether an extension is declared by a prefix that no list knows
/// (§7.12; ISO keeps the list of prefixes).
fn has_odd_extension(catalog: &Dict<'_>) -> bool {
    let extensions = catalog.get::<Dict<'_>>("Extensions").unwrap_or_default();
    extensions.keys().any(|key| !EXTENSIONS.contains(&key.as_ref()))
}

fn sorted_keys(dict: &Dict<'_>) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = dict.keys().map(|key| key.as_ref().to_vec()).collect();
    keys.sort();
    keys
}

/// The document's name trees (§7.7.4).
fn names(rebuilder: &mut Rebuilder<'_, '_, '_>, catalog: &Dict<'_>) {
    let Some(names) = catalog.get::<Dict<'_>>("Names") else { return };
    for key in sorted_keys(&names) {
        let code: &'static Code = match key.as_slice() {
            b"JavaScript" => &codes::JAVASCRIPT,
            b"EmbeddedFiles" => &codes::FILE_EMBEDDED,
            b"Renditions" => &codes::MEDIA,
            b"URLS" | b"IDS" => &codes::WEB_CAPTURE,
            b"Dests" => continue,
            _ => &codes::CATALOG_KEY,
        };
        rebuilder.report(code);
    }
}

/// The interactive form (§12.7.3).
fn form<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, catalog: &Dict<'a>) {
    let Some(form) = catalog.get::<Dict<'a>>("AcroForm") else { return };
    if form.contains_key("XFA") {
        rebuilder.report(&codes::XFA);
    }
    if form.get::<Array<'_>>("Fields").is_some_and(|fields| fields.raw_iter().next().is_some()) {
        rebuilder.report(&codes::FORM);
    }
    fields(rebuilder, &form);
}

/// Reports the triggers of fields that are no annotation themselves; those of
/// annotations are reported with their page.
fn fields<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, form: &Dict<'a>) {
    let mut seen: HashSet<ObjRef> = HashSet::new();
    let mut waiting = vec![(form.clone(), "Fields")];
    let mut met = 0;
    while let Some((node, key)) = waiting.pop() {
        let Some(kids) = node.get::<Array<'a>>(key) else { continue };
        for kid in kids.raw_iter() {
            met += 1;
            if met > FIELDS_MAX || kid.as_obj_ref().is_some_and(|id| !seen.insert(id)) {
                continue;
            }
            let kid = source::resolve(rebuilder.pdf, kid);
            let Some(field) = kid.and_then(|kid| source::dict_of(&kid.object)) else { continue };
            if !field.contains_key("Subtype") {
                triggers(rebuilder, &field);
            }
            waiting.push((field, "Kids"));
        }
    }
}

/// Reports what a page holds beside what is rebuilt (§7.7.3.3).
pub fn page<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, page: &Dict<'a>) {
    for key in sorted_keys(page) {
        let code: Option<&'static Code> = match key.as_slice() {
            b"AA" => {
                triggers(rebuilder, page);
                None
            }
            b"AF" => Some(&codes::FILE_EMBEDDED),
            b"Metadata" => Some(&codes::METADATA),
            b"PieceInfo" => Some(&codes::PRIVATE_DATA),
            b"Thumb" => Some(&codes::THUMBNAIL),
            b"Trans" | b"Dur" | b"PresSteps" => Some(&codes::TRANSITION),
            b"B" => Some(&codes::THREADS),
            b"ID" | b"PZ" => Some(&codes::WEB_CAPTURE),
            b"OutputIntents" => Some(&codes::PROFILE),
            b"Type"
            | b"Parent"
            | b"Resources"
            | b"MediaBox"
            | b"CropBox"
            | b"BleedBox"
            | b"TrimBox"
            | b"ArtBox"
            | b"BoxColorInfo"
            | b"Contents"
            | b"Rotate"
            | b"Group"
            | b"Annots"
            | b"UserUnit"
            | b"LastModified"
            | b"StructParents"
            | b"Tabs"
            | b"TemplateInstantiated"
            | b"SeparationInfo"
            | b"DPart"
            | b"VP"
            | b"Kids"
            | b"Count"
            | b"ProcSet" => None,
            _ => Some(&codes::PAGE_KEY),
        };
        if let Some(code) = code {
            rebuilder.report(code);
        }
    }
}

/// Reports entries of a resource dictionary that name no kind of resource.
pub fn resources(rebuilder: &mut Rebuilder<'_, '_, '_>, resources: &Dict<'_>) {
    let known = |key: &[u8]| {
        key == b"ProcSet" || Category::ALL.iter().any(|one| one.key().as_bytes() == key)
    };
    // Producers that forget a level leave names of fonts and the like here.
    let odd = |key: &[u8]| !known(key) && !matches!(key, b"Type" | b"XObjects" | b"ColorSpaces");
    if resources.keys().any(|key| odd(key.as_ref())) {
        rebuilder.report(&codes::RESOURCE_KEY);
    }
}

/// Reports the actions of an `AA` dictionary (§12.6.3).
pub fn triggers<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, owner: &Dict<'a>) {
    let Some(triggers) = owner.get::<Dict<'_>>("AA") else { return };
    for key in sorted_keys(&triggers) {
        rebuilder.report(&codes::TRIGGER);
        if let Some(action) = triggers.get::<Dict<'_>>(&key) {
            chain(rebuilder, &action);
        }
    }
}

/// Reports an action and those that follow it (§12.6.2).
pub fn chain<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, action: &Dict<'a>) {
    let mut seen: HashSet<ObjRef> = HashSet::new();
    let mut waiting = vec![action.clone()];
    for _ in 0..ACTIONS_MAX {
        let Some(action) = waiting.pop() else { return };
        if let Some(code) = code_of(&action) {
            rebuilder.report(code);
        }
        let next: Vec<MaybeRef<Object<'a>>> = match action.get_raw::<Object<'a>>("Next") {
            Some(MaybeRef::NotRef(Object::Array(list))) => list.raw_iter().take(64).collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for one in next {
            let fresh = one.as_obj_ref().is_none_or(|id| seen.insert(id));
            if fresh
                && let Some(found) = source::resolve(rebuilder.pdf, one)
                && let Some(dict) = source::dict_of(&found.object)
            {
                waiting.push(dict);
            }
        }
    }
}

/// Returns what an action is (§12.6.4); plain jumps inside are none.
#[must_use]
pub fn code_of(action: &Dict<'_>) -> Option<&'static Code> {
    Some(match source::name_in(action, "S").as_slice() {
        b"GoTo" => return None,
        b"URI" => &codes::URI_AUTO,
        b"JavaScript" => &codes::JAVASCRIPT,
        b"Launch" => &codes::LAUNCH,
        b"GoToR" => &codes::GOTO_REMOTE,
        b"GoToE" => &codes::GOTO_EMBEDDED,
        b"SubmitForm" => &codes::SUBMIT,
        b"ImportData" => &codes::IMPORT,
        b"Sound" | b"Movie" | b"Rendition" => &codes::MEDIA,
        b"GoTo3DView" | b"RichMediaExecute" => &codes::RICH_MEDIA,
        b"" if action.contains_key("JS") => &codes::JAVASCRIPT,
        _ => &codes::ACTION,
    })
}

/// Prefixes of extensions that producers in use declare.
const EXTENSIONS: &[&[u8]] =
    &[b"Type", b"ADBE", b"ISO_", b"GLGR", b"OPEN", b"PDFA", b"AIIM", b"WTPD", b"ESIC", b"mPDF"];
/// Fields that are looked at.
const FIELDS_MAX: usize = 100_000;
/// Actions of one chain that are looked at.
const ACTIONS_MAX: usize = 1000;
