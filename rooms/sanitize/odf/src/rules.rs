//! What becomes of each element and attribute, by name and policy. Reads
//! nothing and writes nothing.

use sanitize_core::{Choice, Code, Policy};

use crate::codes;
use crate::schema;

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Stays, under this name.
    Keep(&'static str),
    /// Goes, but what is in it stays.
    Unwrap(&'static Code),
    /// Goes with all that is in it.
    Drop(&'static Code),
}

/// Decides about an element. Within paragraphs the content of unknown elements
/// stays, elsewhere it goes (part 3, 3.17).
pub(crate) fn element(name: &str, in_paragraph: bool, policy: &Policy) -> Fate {
    if let Some(code) = unwanted(name) {
        return code;
    }
    let office = &policy.office;
    let is_comment = matches!(name, "office:annotation" | "office:annotation-end");
    if is_comment && office.comments != Choice::Keep {
        return Fate::Drop(&codes::COMMENT);
    }
    let is_change = matches!(
        name,
        "text:tracked-changes"
            | "table:tracked-changes"
            | "text:change"
            | "text:change-start"
            | "text:change-end"
    );
    if is_change && office.tracked_changes != Choice::Keep {
        return Fate::Drop(&codes::CHANGES);
    }
    if matches!(name, "office:forms" | "draw:control") && office.form_fields != Choice::Keep {
        return Fate::Drop(&codes::FORM);
    }
    match schema::element(name) {
        Some(known) => Fate::Keep(known),
        None if in_paragraph => Fate::Unwrap(&codes::ELEMENT),
        None => Fate::Drop(&codes::ELEMENT),
    }
}

/// Elements that act or lead outside, each with its finding.
fn unwanted(name: &str) -> Option<Fate> {
    Some(match name {
        "office:scripts" | "text:script" => Fate::Drop(&codes::MACRO),
        "text:execute-macro" => Fate::Unwrap(&codes::MACRO),
        "office:event-listeners"
        | "presentation:event-listener"
        | "anim:command"
        | "table:error-macro" => Fate::Drop(&codes::EVENT),
        "draw:object-ole" => Fate::Drop(&codes::OBJECT),
        "draw:plugin"
        | "draw:applet"
        | "draw:floating-frame"
        | "presentation:sound"
        | "presentation:play"
        | "anim:audio" => Fate::Drop(&codes::PLUGIN),
        "text:dde-connection" => Fate::Unwrap(&codes::DDE),
        "text:dde-connection-decls"
        | "office:dde-source"
        | "table:dde-links"
        | "table:dde-link" => Fate::Drop(&codes::DDE),
        "text:section-source"
        | "table:table-source"
        | "table:cell-range-source"
        | "text:alphabetical-index-auto-mark-file" => Fate::Drop(&codes::EXTERNAL),
        "text:database-display" | "text:database-name" | "text:database-row-number" => {
            Fate::Unwrap(&codes::QUERY)
        }
        "text:database-next"
        | "text:database-row-select"
        | "table:source-service"
        | "table:database-source-query"
        | "table:database-source-sql"
        | "table:database-source-table"
        | "calcext:data-mappings" => Fate::Drop(&codes::QUERY),
        "form:connection-resource"
        | "form:properties"
        | "form:generic-control"
        | "form:image-frame"
        | "xforms:model" => Fate::Drop(&codes::FORM_ACTION),
        "svg:font-face-src" => Fate::Drop(&codes::FONT),
        "svg:definition-src" => Fate::Drop(&codes::EXTERNAL),
        "text:meta" | "text:meta-field" => Fate::Unwrap(&codes::RDF),
        _ if name.starts_with("script:") || name.starts_with("ooscript:") => {
            Fate::Drop(&codes::EVENT)
        }
        _ => return None,
    })
}

/// What becomes of an attribute that is not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttributeFate {
    /// Stays, under this name.
    Keep(&'static str),
    /// Goes.
    Drop(&'static Code),
    /// Goes without a line: it says nothing once its neighbours are gone.
    Silent,
    /// Goes, and the element with it.
    DropElement(&'static Code),
}

/// Decides about an attribute of an element.
pub(crate) fn attribute(element: &str, name: &str, value: &str, policy: &Policy) -> AttributeFate {
    let links = policy.office.hyperlinks;
    let outside = || crate::formula::reaches_outside(value, links);
    match name {
        "table:formula" if outside() => AttributeFate::Drop(&codes::FORMULA),
        "text:formula" if outside() => AttributeFate::Drop(&codes::FORMULA),
        "table:formula" => AttributeFate::Keep("table:formula"),
        "text:formula" => AttributeFate::Keep("text:formula"),
        "table:condition" | "text:condition" | "style:condition" | "calcext:value"
        | "table:expression"
            if outside() =>
        {
            AttributeFate::DropElement(&codes::CONDITION)
        }
        "form:control-implementation" if is_form_component(value) => {
            AttributeFate::Keep("form:control-implementation")
        }
        "form:button-type" if matches!(value, "push" | "reset") => {
            AttributeFate::Keep("form:button-type")
        }
        _ if is_form_action(name) => AttributeFate::Drop(&codes::FORM_ACTION),
        // A link waits for a click.
        "xlink:actuate"
            if value != "onRequest"
                && matches!(reference(element), Reference::Link | Reference::Area) =>
        {
            AttributeFate::Silent
        }
        "presentation:source" if matches!(value, "fixed" | "current-date") => {
            AttributeFate::Keep("presentation:source")
        }
        "office:version" if crate::package::version(value).is_none() => {
            AttributeFate::Drop(&codes::ATTRIBUTE)
        }
        "draw:mime-type" | "draw:class-id" | "presentation:verb" => AttributeFate::Silent,
        "text:url" => AttributeFate::Drop(&codes::LINK),
        _ if name.starts_with("xhtml:") => AttributeFate::Drop(&codes::RDF),
        _ if name.starts_with("script:") || name == "presentation:action" => {
            AttributeFate::Drop(&codes::EVENT)
        }
        _ if is_address(name) && crate::link::names_a_file(value) => {
            AttributeFate::Drop(&codes::EXTERNAL)
        }
        _ if element.starts_with("math:") && !name.contains(':') => {
            keep_or_report(schema::math_attribute(name))
        }
        _ => keep_or_report(schema::attribute(name)),
    }
}

fn keep_or_report(known: Option<&'static str>) -> AttributeFate {
    known.map_or(AttributeFate::Drop(&codes::ATTRIBUTE), AttributeFate::Keep)
}

/// LibreOffice creates a service by this name; only its own form parts may be.
fn is_form_component(value: &str) -> bool {
    let name = value.strip_prefix("ooo:com.sun.star.form.component.");
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn is_form_action(name: &str) -> bool {
    name.starts_with("xforms:")
        || matches!(
            name,
            "form:href"
                | "form:command"
                | "form:command-type"
                | "form:datasource"
                | "form:method"
                | "form:enctype"
                | "form:target-frame"
                | "form:target-location"
                | "form:image-data"
                | "form:connection-name"
                | "form:button-type"
                | "form:control-implementation"
                | "form:list-source"
                | "form:data-field"
                | "form:apply-filter"
                | "form:ignore-result"
                | "form:navigation-mode"
                | "form:tab-cycle"
                | "form:master-fields"
                | "form:detail-fields"
                | "form:allow-deletes"
                | "form:allow-inserts"
                | "form:allow-updates"
                | "form:xforms-submission"
                | "form:xforms-list-source"
        )
}

fn is_address(name: &str) -> bool {
    let tail = name.rsplit('-').next().unwrap_or_default();
    matches!(tail, "address" | "addresses" | "range" | "ranges") || name.ends_with(":ranges")
}

/// How an element's `xlink:href` is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A picture in the package.
    Picture,
    /// Something that a person may click on.
    Link,
    /// An area of a picture that a person may click on.
    Area,
    /// A document in the package.
    Object,
    /// The table from which a chart takes its numbers: only the document
    /// around it.
    Container,
    /// A form's target, or one of a form's parts.
    FormTarget,
    /// Nothing that may stay.
    Outside,
}

/// Says what an element's `xlink:href` refers to.
pub(crate) fn reference(element: &str) -> Reference {
    match element {
        "draw:image"
        | "draw:fill-image"
        | "style:background-image"
        | "text:list-level-style-image" => Reference::Picture,
        "text:a" | "draw:a" => Reference::Link,
        "draw:area-rectangle" | "draw:area-circle" | "draw:area-polygon" => Reference::Area,
        "draw:object" => Reference::Object,
        "chart:chart" => Reference::Container,
        _ if element.starts_with("form:") => Reference::FormTarget,
        _ => Reference::Outside,
    }
}
