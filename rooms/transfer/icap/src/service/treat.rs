//! What becomes of one message's body: each file in it is handed to whoever
//! makes files harmless, and the message is put together again.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::SemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::server::Shared;
use super::spool::{Content, Spool};
use crate::codes::{self, Code};
use crate::disarmer::{Crossing, Refused, Said, Sent, Unable, Verdict, Way};
use crate::meaning::{
    Coding, CodingError, Decoder, FilePlan, Form, FormError, FormPlan, PageText, Part, Plan,
    answer_of_page, declared, delivered_name, delivered_request, delivered_response, is_renamed,
    join, page, request_with_form,
};
use crate::protocol::{Answer, Fields, Method, Request, Status};

/// What a message is answered with.
pub(super) enum Outcome {
    /// It may stay as it is.
    Unchanged { passages: Vec<String> },
    /// Something else takes its place.
    Changed { answer: Box<Answer>, body: Content, passages: Vec<String>, stopped: Option<String> },
    /// There is no verdict, so nothing is delivered.
    Unable(Status),
    /// A disk here failed.
    Disk(std::io::Error),
}

impl Outcome {
    /// ICAP header lines that tell proxies and their logs what happened.
    pub(super) fn lines(&self) -> Vec<String> {
        let (passages, stopped) = match self {
            Self::Unchanged { passages } => (passages, None),
            Self::Changed { passages, stopped, .. } => (passages, stopped.as_ref()),
            Self::Unable(_) | Self::Disk(_) => return Vec::new(),
        };
        let mut lines = Vec::new();
        if !passages.is_empty() {
            let passages: Vec<_> =
                passages.iter().take(PASSAGES_TOLD_MAX).map(|id| word(id)).collect();
            lines.push(format!("X-Sekisho-Passage: {}", passages.join(", ")));
        }
        // What products without eyes for the page look for.
        if let Some(codes) = stopped {
            lines.push(format!("X-Infection-Found: Type=2; Resolution=0; Threat={};", word(codes)));
        }
        lines
    }
}

/// Ids that one answer tells; a form may hold more files.
const PASSAGES_TOLD_MAX: usize = 20;
/// Bytes unpacked in one step: what comes out of them must fit into memory.
const PACKED_PIECE_BYTES: usize = 16 << 10;

/// Letters that may stand in a header line of ours.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() && !matches!(c, ';' | ',')).take(200).collect()
}

/// Where a message was met.
pub(super) struct Subject {
    crossing: Crossing,
}

impl Subject {
    pub(super) fn new(peer: IpAddr, request: &Request) -> Self {
        let (way, fields) = match request.method {
            Method::Reqmod | Method::Options => {
                (Way::Upload, request.request.as_ref().map(|head| &head.fields))
            }
            Method::Respmod => (Way::Download, request.response.as_ref().map(|head| &head.fields)),
        };
        let claim = |name| claim(&request.fields, name);
        let host = request.request.as_ref().and_then(crate::protocol::host);
        Self {
            crossing: Crossing {
                way,
                peer,
                client_ip: claim("X-Client-IP").and_then(|ip| ip.parse().ok()),
                user: claim("X-Client-Username").or_else(|| claim("X-Authenticated-User")),
                host,
                declared: fields.and_then(declared),
            },
        }
    }
}

/// A claim of the proxy: short and printable, or none.
fn claim(fields: &Fields, name: &str) -> Option<String> {
    const CLAIM_BYTES_MAX: usize = 256;
    let value = fields.only(name).ok().flatten()?;
    let text = std::str::from_utf8(value).ok()?;
    let is_good =
        !text.is_empty() && text.len() <= CLAIM_BYTES_MAX && !text.chars().any(char::is_control);
    is_good.then(|| text.to_owned())
}

/// Why a message is not delivered.
enum Stop {
    Refuse(&'static Code),
    Page { passage: String, name: String, reasons: Vec<Said> },
    Unable(Unable),
    Disk(std::io::Error),
}

impl From<Unable> for Stop {
    fn from(unable: Unable) -> Self {
        Self::Unable(unable)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Treats one message.
pub(super) async fn treat(
    shared: &Shared,
    subject: &Subject,
    request: &Request,
    plan: &Plan,
    content: &Content,
) -> Outcome {
    let done = match plan {
        Plan::Pass | Plan::PassUnlessFile { .. } => {
            return Outcome::Unchanged { passages: Vec::new() };
        }
        Plan::Refuse(code) => Err(Stop::Refuse(code)),
        Plan::File(file) => file_body(shared, subject, request, file, content).await,
        Plan::Form(form) => form_body(shared, subject, request, form, content).await,
    };
    match done {
        Ok(outcome) => outcome,
        Err(Stop::Disk(error)) => Outcome::Disk(error),
        Err(Stop::Unable(unable)) => unable_outcome(unable),
        Err(Stop::Page { passage, name, reasons }) => stopped(subject, passage, &name, &reasons),
        Err(Stop::Refuse(code)) => {
            let refused = Refused { code, crossing: subject.crossing.clone() };
            match shared.disarmer.refused(refused).await {
                Ok(passage) => stopped(subject, passage, "", &[Said::from(code)]),
                Err(unable) => unable_outcome(unable),
            }
        }
    }
}

fn unable_outcome(unable: Unable) -> Outcome {
    Outcome::Unable(match unable {
        Unable::Busy => Status::Overloaded,
        Unable::Broken => Status::ServerError,
    })
}

fn stopped(subject: &Subject, passage: String, name: &str, reasons: &[Said]) -> Outcome {
    let text = PageText { passage: &passage, name, way: subject.crossing.way, reasons };
    let page = page(&text);
    let head = Some(answer_of_page(&page));
    let answer = Box::new(Answer::Response { head, has_body: true });
    let codes: Vec<_> = reasons.iter().map(|said| said.code.as_str()).collect();
    let stopped = Some(codes.join("+"));
    let body = Content::memory(page.into());
    Outcome::Changed { answer, body, passages: vec![passage], stopped }
}

/// Waits for a turn. Both permits end with the file.
async fn turn(shared: &Shared) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), Unable> {
    let seat = shared.seats.try_acquire().map_err(|_| Unable::Busy)?;
    let wait = timeout(shared.settings.times.wait_max, shared.jobs.acquire());
    match wait.await {
        Ok(Ok(job)) => Ok((seat, job)),
        Ok(Err(_)) => Err(Unable::Broken),
        Err(_) => Err(Unable::Busy),
    }
}

async fn file_body(
    shared: &Shared,
    subject: &Subject,
    request: &Request,
    plan: &FilePlan,
    content: &Content,
) -> Result<Outcome, Stop> {
    let _turn = turn(shared).await?;
    let plain = unpack(shared, plan.coding, content).await?;
    let name = String::from_utf8_lossy(&plan.name).into_owned();
    let sent =
        Sent { name: name.clone(), content: plain.clone(), crossing: subject.crossing.clone() };
    let (passage, body, extension) = match shared.disarmer.disarm(sent).await? {
        Verdict::Stopped { passage, reasons } => {
            return Err(Stop::Page { passage, name, reasons });
        }
        Verdict::Unchanged { passage, extension } => {
            let may_stay = plan.coding == Coding::Identity
                && !plan.is_ambiguous
                && !is_renamed(plan, &extension);
            if may_stay {
                return Ok(Outcome::Unchanged { passages: vec![passage] });
            }
            (passage, plain, extension)
        }
        Verdict::Replaced { passage, bytes, extension } => {
            (passage, Content::memory(bytes), extension)
        }
    };
    let length = usize::try_from(body.len()).unwrap_or(usize::MAX);
    let answer = match request.method {
        Method::Reqmod | Method::Options => Answer::Request {
            head: request
                .request
                .as_ref()
                .map(|head| delivered_request(head, plan, &extension, length)),
            has_body: true,
        },
        Method::Respmod => Answer::Response {
            head: request
                .response
                .as_ref()
                .map(|head| delivered_response(head, plan, &extension, length)),
            has_body: true,
        },
    };
    let answer = Box::new(answer);
    Ok(Outcome::Changed { answer, body, passages: vec![passage], stopped: None })
}

async fn form_body(
    shared: &Shared,
    subject: &Subject,
    request: &Request,
    plan: &FormPlan,
    content: &Content,
) -> Result<Outcome, Stop> {
    let _turn = turn(shared).await?;
    let bytes = unpack(shared, plan.coding, content).await?.bytes().await?;
    let limits = &shared.settings.rules.form;
    let form = Form::split(&bytes, &plan.boundary, limits).map_err(|error| {
        Stop::Refuse(match error {
            FormError::Shape => &codes::FORM,
            FormError::TooManyParts => &codes::FORM_PARTS,
        })
    })?;
    let mut passages = Vec::new();
    // What each part becomes; none where it stays.
    let mut others: Vec<Option<(Vec<u8>, Arc<[u8]>)>> = Vec::with_capacity(form.parts.len());
    for part in &form.parts {
        let other = if part.is_file() {
            form_file(shared, subject, part, &mut passages).await?
        } else {
            None
        };
        others.push(other);
    }
    if plan.coding == Coding::Identity && others.iter().all(Option::is_none) {
        return Ok(Outcome::Unchanged { passages });
    }
    let parts: Vec<(&[u8], &[u8])> = form
        .parts
        .iter()
        .zip(&others)
        .map(|(part, other)| match other {
            Some((head, body)) => (head.as_slice(), &**body),
            None => (part.head, part.body),
        })
        .collect();
    let (bytes, boundary) = join(&parts, &plan.boundary);
    let head = request.request.as_ref();
    let head = head.map(|head| request_with_form(head, &boundary, bytes.len()));
    let answer = Box::new(Answer::Request { head, has_body: true });
    let body = Content::memory(bytes.into());
    Ok(Outcome::Changed { answer, body, passages, stopped: None })
}

async fn form_file(
    shared: &Shared,
    subject: &Subject,
    part: &Part<'_>,
    passages: &mut Vec<String>,
) -> Result<Option<(Vec<u8>, Arc<[u8]>)>, Stop> {
    let plan = part.plan();
    let name = String::from_utf8_lossy(&plan.name).into_owned();
    let declared = part.media_type.clone();
    let sent = Sent {
        name: name.clone(),
        content: Content::memory(part.body.into()),
        crossing: Crossing { declared, ..subject.crossing.clone() },
    };
    match shared.disarmer.disarm(sent).await? {
        Verdict::Stopped { passage, reasons } => Err(Stop::Page { passage, name, reasons }),
        Verdict::Unchanged { passage, extension } => {
            passages.push(passage);
            let must_change = is_renamed(&plan, &extension) && part.file.is_some();
            Ok(must_change.then(|| {
                let file = delivered_name(&plan, &extension);
                (part.head_for(&file, &extension), part.body.into())
            }))
        }
        Verdict::Replaced { passage, bytes, extension } => {
            passages.push(passage);
            let file = delivered_name(&plan, &extension);
            Ok(Some((part.head_for(&file, &extension), bytes)))
        }
    }
}

/// Undoes a content coding, into memory or a file as it comes.
async fn unpack(shared: &Shared, coding: Coding, content: &Content) -> Result<Content, Stop> {
    if coding == Coding::Identity {
        return Ok(content.clone());
    }
    let settings = &shared.settings;
    let mut decoder = Decoder::new(coding, settings.unpacked_bytes_max, settings.ratio_max);
    let mut spool = Spool::new(settings.memory_bytes_max, settings.spool_folder.clone());
    let mut at = 0;
    while at < content.len() {
        let piece = content.piece(at, PACKED_PIECE_BYTES).await?;
        at += piece.len() as u64;
        let step = spawn_blocking(move || {
            let mut out = Vec::new();
            decoder.push(&piece, &mut out).map(|()| (decoder, out))
        });
        let (back, out) = step.await.map_err(std::io::Error::other)?.map_err(refuse)?;
        decoder = back;
        spool.push(&out).await?;
    }
    decoder.finish().map_err(refuse)?;
    Ok(spool.close().await?)
}

const fn refuse(error: CodingError) -> Stop {
    Stop::Refuse(match error {
        CodingError::Broken => &codes::CODING_BROKEN,
        CodingError::TooLarge => &codes::RATIO,
    })
}
