//! Finishes the description that the endpoints make: what every call may also
//! be answered, how ids and times look in addresses, where an answer leads, and
//! an example of each call. Kept by the gate, which refuses what no endpoint
//! asks for.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::OpenApi;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Header, OpenApi as Document, Ref, RefOr, Required, Schema,
};

use super::{Description, values};
use crate::access::Verb;
use crate::repeat::KEY_MAX_BYTES;

mod samples;

/// The description of a running interface, and what its calls are made of.
pub(crate) struct Interface {
    /// The description, JSON.
    pub(crate) text: String,
    calls: BTreeMap<(Verb, String), Asked>,
}

/// What an endpoint asks for beside its path and its body.
struct Asked {
    query: BTreeSet<String>,
    /// Without the key that a call is repeated under.
    headers: Vec<String>,
}

impl Interface {
    /// Describes the frame's endpoints and those of the rooms.
    pub(crate) fn new(
        rooms: impl IntoIterator<Item = Document>,
    ) -> Result<Self, serde_json::Error> {
        let mut document = document(rooms);
        let mut calls = BTreeMap::new();
        for (path, item) in &mut document.paths.paths {
            for (verb, operation) in operations(item) {
                let names = |place| {
                    let all = operation.parameters.iter().flatten();
                    let here = all.filter(move |one| one.parameter_in == place);
                    here.map(|one| one.name.clone()).filter(|name| name != KEY_HEADER)
                };
                let query = names(ParameterIn::Query).collect();
                let headers = names(ParameterIn::Header).collect();
                calls.insert((verb, path.clone()), Asked { query, headers });
            }
        }
        Ok(Self { text: spelled(&serde_json::to_string(&document)?), calls })
    }

    /// The headers that make one call of an endpoint another.
    pub(crate) fn headers(&self, verb: Verb, path: &str) -> &[String] {
        self.calls.get(&(verb, path.to_owned())).map_or(&[], |asked| &asked.headers)
    }

    /// The first name in a query that the endpoint does not ask for, or that
    /// stands there twice.
    pub(crate) fn unasked(&self, verb: Verb, path: &str, query: &str) -> Option<String> {
        let asked = &self.calls.get(&(verb, path.to_owned()))?.query;
        let mut seen = BTreeSet::new();
        let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
        let wrong = names.find(|name| !asked.contains(&**name) || !seen.insert(name.clone()));
        wrong.map(|name| name.chars().take(40).collect())
    }
}

/// The interface's description, OpenAPI 3.1, as it is committed: the frame's
/// endpoints and those of the rooms.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn description(rooms: impl IntoIterator<Item = Document>) -> Result<String, serde_json::Error> {
    let mut text = spelled(&document(rooms).to_pretty_json()?);
    text.push('\n');
    Ok(text)
}

/// The field of a link that names its endpoint, spelled as OpenAPI 3.1 (§4.8.20)
/// spells it; the library writes it as Rust does.
fn spelled(text: &str) -> String {
    text.replace("\"operation_id\":", "\"operationId\":")
}

fn document(rooms: impl IntoIterator<Item = Document>) -> Document {
    let mut document = Description::openapi();
    for room in rooms {
        document.merge(room);
    }
    let components = document.components.get_or_insert_default();
    add_schemes(components);
    components.responses.extend(refusals());
    let everyone = document.security.clone();
    for (path, item) in &mut document.paths.paths {
        for (verb, operation) in operations(item) {
            let is_secured = operation.security.as_ref().or(everyone.as_ref()).is_some_and(|all| {
                all.iter().any(|one| *one != utoipa::openapi::SecurityRequirement::default())
            });
            name(operation);
            add_parameters(path, verb, operation, is_secured);
            add_refusals(path, verb, operation, is_secured);
        }
    }
    add_links(&mut document);
    samples::add(&mut document);
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Verb, &mut Operation)> {
    let all = [
        (Verb::Get, &mut item.get),
        (Verb::Post, &mut item.post),
        (Verb::Put, &mut item.put),
        (Verb::Patch, &mut item.patch),
        (Verb::Delete, &mut item.delete),
        (Verb::Options, &mut item.options),
    ];
    all.into_iter().filter_map(|(verb, operation)| Some((verb, operation.as_mut()?)))
}

fn add_schemes(components: &mut Components) {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("the token of an `api-token` permit"))
        .build();
    let cookie = ApiKeyValue::with_description(
        "__Host-sekisho",
        "a session; changes send its `csrf_token` in `X-CSRF-Token`",
    );
    components.add_security_scheme("token", SecurityScheme::Http(token));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
}

/// An endpoint is called by its noun and its verb.
fn name(operation: &mut Operation) {
    let noun = operation.tags.iter().flatten().next();
    if let (Some(noun), Some(verb)) = (noun, &operation.operation_id) {
        operation.operation_id = Some(format!("{noun}_{verb}"));
    }
}

/// How a value in an address looks, told by its name: every name in a path is
/// an id unless it says otherwise.
fn value_of(path: &str, parameter: &Parameter) -> Option<Schema> {
    let object = match (path, parameter.name.as_str()) {
        (_, "entry") => return None,
        _ if parameter.parameter_in == ParameterIn::Path => values::id(),
        (_, "section" | "actor" | "permit") => values::id(),
        (_, "subject") => values::subject(),
        (_, "from" | "until") => values::moment(),
        (_, "since" | "before") => values::day(),
        (_, "kind" | "subject_kind") => values::slug(),
        (_, "action") => values::action(),
        (_, "text") => values::search(),
        (_, "digest") => values::digest(),
        (_, "number") => values::number(),
        ("/api/v1/people", "state") => values::person_state(),
        ("/api/v1/permits", "state") => values::permit_state(),
        (_, "whose") => values::whose(),
        ("/api/v1/people", "after") => values::after_person(),
        ("/api/v1/ledger", "after") => values::after_entry(),
        (_, "after") => values::id(),
        _ => return None,
    };
    Some(object.into())
}

fn add_parameters(path: &str, verb: Verb, operation: &mut Operation, is_secured: bool) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let Some(value) = value_of(path, parameter) {
            parameter.schema = Some(value.into());
        }
        // What may be left out is left out: nothing in an address is null.
        if let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema
            && let SchemaType::Array(kinds) = &object.schema_type
            && let Some(kind) = kinds.iter().find(|kind| **kind != Type::Null)
        {
            object.schema_type = SchemaType::Type(kind.clone());
        }
    }
    if is_secured && !verb.is_safe() && !is_unkeyed(operation) {
        let key = ParameterBuilder::new()
            .name(KEY_HEADER)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "names this call: sent again within a day, it is answered again and not done again",
            ))
            .schema(Some(values::key(KEY_MAX_BYTES)))
            .build();
        operation.parameters.get_or_insert_default().push(key);
    }
}

/// True where the body is read while it comes: the gate cannot tell whether two
/// calls are the same.
fn is_unkeyed(operation: &Operation) -> bool {
    let body = operation.request_body.as_ref();
    body.is_some_and(|body| body.content.keys().any(|kind| UNKEYED.contains(&kind.as_str())))
}

/// Types of bodies that are not whole before their handler runs.
const UNKEYED: [&str; 2] = ["multipart/form-data", "application/offset+octet-stream"];

/// The header that names the version of the protocol of uploads.
const VERSION_HEADER: &str = "Tus-Resumable";

/// The header that names a call.
const KEY_HEADER: &str = "Idempotency-Key";

/// What any call may be answered instead.
const REFUSALS: [(&str, &str, &str); 12] = [
    ("400", "BadRequest", "the call itself is wrong"),
    ("401", "SignInNeeded", "no session and no token, or no longer"),
    ("403", "Forbidden", "the caller may not do this"),
    ("404", "NotFound", "nothing is there, or not for the caller's body"),
    ("409", "Conflict", "what is asked no longer fits what is there"),
    ("412", "WrongVersion", "the call names another version of the protocol"),
    ("413", "TooLarge", "more bytes than are taken"),
    ("415", "WrongType", "not a type that is taken"),
    ("422", "Unprocessable", "fields that are not accepted, each with its reason"),
    ("429", "TooMany", "too many calls; `Retry-After` says when to try again"),
    ("500", "Internal", "a fault of the program; the log has it under `instance`"),
    ("503", "Unavailable", "the program cannot serve now"),
];

fn refusals() -> impl Iterator<Item = (String, RefOr<Response>)> {
    REFUSALS.into_iter().map(|(status, name, text)| {
        let problem = Ref::from_schema_name("Problem");
        let content = ContentBuilder::new().schema(Some(problem)).build();
        let mut response =
            ResponseBuilder::new().description(text).content("application/problem+json", content);
        if status == "401" {
            response = response.header("WWW-Authenticate", Header::default());
        }
        if status == "429" {
            response = response.header("Retry-After", Header::default());
        }
        (name.to_owned(), response.build().into())
    })
}

fn add_refusals(path: &str, verb: Verb, operation: &mut Operation, is_secured: bool) {
    let asks = operation.parameters.as_ref().is_some_and(|all| !all.is_empty());
    let names = |header| {
        let mut all = operation.parameters.iter().flatten();
        all.any(|one: &Parameter| one.name == header)
    };
    let names_version = names(VERSION_HEADER);
    for (status, name, _) in REFUSALS {
        let may_happen = match status {
            "401" => is_secured,
            // Steps of signing in are refused to whoever does not know enough.
            "403" => is_secured || !verb.is_safe(),
            "404" => path.contains('{') || !verb.is_safe(),
            "409" | "413" | "415" => !verb.is_safe(),
            "412" => names_version,
            "422" => asks || !verb.is_safe(),
            _ => true,
        };
        if may_happen {
            let refusal = RefOr::Ref(Ref::from_response_name(name));
            operation.responses.responses.insert(status.to_owned(), refusal);
        }
    }
}

/// What was made can be looked at: an answer 201 with an `id` leads to the
/// endpoint that shows one of its kind.
fn add_links(document: &mut Document) {
    let paths = &mut document.paths.paths;
    let mut shown: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (path, item) in paths.iter() {
        let name = path
            .rsplit_once("/{")
            .and_then(|(list, name)| Some((list.to_owned(), name.strip_suffix('}')?.to_owned())));
        let operation = item.get.as_ref().and_then(|get| get.operation_id.clone());
        if let (Some((list, name)), Some(operation)) = (name, operation) {
            shown.insert(list, (name, operation));
        }
    }
    for (path, item) in paths.iter_mut() {
        let Some((name, operation)) = shown.get(path) else { continue };
        let made = item.post.as_mut().and_then(|post| post.responses.responses.get_mut("201"));
        if let Some(RefOr::T(made)) = made {
            let place = if path.ends_with("/people") { "/person/id" } else { "/id" };
            let place = if path.ends_with("/bodies") { "/body/id" } else { place };
            let link = LinkBuilder::new()
                .operation_id(operation)
                .parameter(name, format!("$response.body#{place}"))
                .build();
            made.links.insert("made".to_owned(), link.into());
        }
    }
}
