//! One REQMOD or RESPMOD: takes the body in as far as it is needed, has it
//! treated, and answers.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use super::link::{Broken, Link};
use super::server::Shared;
use super::spool::{Content, Spool};
use super::talk::After;
use super::treat::{Outcome, Subject, treat};
use crate::codes;
use crate::meaning::{Coding, Decoder, Plan, is_file_signature, plan};
use crate::protocol::{
    Answer, BodyKind, Event, Fields, Method, Refusal, Request, continue_line, error,
};

/// Bytes of a body that tell a file from a page.
const PEEK_BYTES: usize = 1_024;
/// A body this long is not read in silence; see [`Link::begin_answer`].
const SILENT_BYTES_MAX: u64 = 32 << 10;
/// Bytes of a packed body that are unpacked for a look.
const PEEK_PACKED_BYTES: usize = 16 << 10;

/// A body as far as it was taken in.
struct Taken {
    content: Content,
    /// 204 may still be said.
    may_say_unchanged: bool,
    /// What is to be done, now that the first bytes are known.
    plan: Plan,
}

/// Serves one request.
pub(super) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    shared: &Shared,
    peer: IpAddr,
    request: &Request,
    is_last: bool,
) -> Result<After, Broken> {
    let subject = Subject::new(peer, request);
    let first = plan(request, &shared.settings.rules);
    let taken = match take_in(link, shared, request, first).await {
        Ok(taken) => taken,
        // A person waits for this file and should read why it does not come.
        Err((
            Broken::Refused(Refusal::BodyTooLong),
            refused @ (Plan::File(_) | Plan::Form(_) | Plan::Refuse(_)),
        )) => {
            let refuse = match refused {
                Plan::Refuse(code) => Plan::Refuse(code),
                _ => Plan::Refuse(&codes::TOO_LARGE),
            };
            let nothing = Content::memory([].into());
            let outcome = treat(shared, &subject, request, &refuse, &nothing).await;
            answer(link, shared, request, outcome, &nothing, false, true).await?;
            return Ok(After::Close);
        }
        Err((broken, _)) => return Err(broken),
    };
    let Taken { content, may_say_unchanged, plan } = taken;
    let outcome = treat(shared, &subject, request, &plan, &content).await;
    answer(link, shared, request, outcome, &content, may_say_unchanged, is_last).await
}

/// Reads the body; in a preview, decides whether the rest is wanted.
async fn take_in<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    shared: &Shared,
    request: &Request,
    mut plan: Plan,
) -> Result<Taken, (Broken, Plan)> {
    let settings = &shared.settings;
    let mut spool = Spool::new(settings.memory_bytes_max, settings.spool_folder.clone());
    let mut peek = Peek::default();
    let mut may_say_unchanged = request.allows_204 || request.preview.is_some();
    let mut length = 0_u64;
    let deadline = link.body_deadline();
    macro_rules! sure {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(broken) => return Err((broken, plan)),
            }
        };
    }
    loop {
        match sure!(link.body_event(deadline).await) {
            Event::Head(_) => return Err((Broken::Gone, plan)),
            Event::Data(data) => {
                length = length.saturating_add(data.len() as u64);
                if request.preview.is_none() && length > SILENT_BYTES_MAX {
                    sure!(link.begin_answer().await);
                }
                peek.push(&data);
                if peek.is_full(&plan) {
                    plan = peek.settle(plan);
                }
                // Whoever takes 204 keeps the message; we need not.
                let is_needed = match plan {
                    Plan::Pass => !request.allows_204,
                    Plan::Refuse(_) => false,
                    Plan::PassUnlessFile { .. } | Plan::File(_) | Plan::Form(_) => true,
                };
                if !is_needed {
                    continue;
                }
                sure!(spool.push(&data).await.map_err(Broken::Disk));
            }
            Event::PreviewEnd => {
                plan = peek.settle(plan);
                match plan {
                    Plan::Pass | Plan::PassUnlessFile { .. } | Plan::Refuse(_) => {
                        link.parser.finish();
                        break;
                    }
                    Plan::File(_) | Plan::Form(_) => {
                        sure!(link.send(continue_line()).await);
                        link.parser.resume();
                        // RFC 3507 §4.6: from here on only if the client allows it.
                        may_say_unchanged = request.allows_204;
                    }
                }
            }
            Event::End => {
                plan = peek.settle(plan);
                sure!(check_length(request, length).map_err(Broken::Refused));
                break;
            }
        }
    }
    let content = sure!(spool.close().await.map_err(Broken::Disk));
    Ok(Taken { content, may_say_unchanged, plan })
}

/// A head that claims another length than its body has was cut on its way, or
/// is meant to be read in two ways.
fn check_length(request: &Request, length: u64) -> Result<(), Refusal> {
    let fields: Option<&Fields> = match request.method {
        Method::Reqmod => request.request.as_ref().map(|head| &head.fields),
        Method::Respmod => request.response.as_ref().map(|head| &head.fields),
        Method::Options => None,
    };
    let claimed = fields.map(crate::protocol::length).transpose()?.flatten();
    let is_wrong = request.body != BodyKind::Nothing && claimed.is_some_and(|c| c != length);
    if is_wrong { Err(Refusal::Length) } else { Ok(()) }
}

/// The first bytes of a body.
#[derive(Default)]
struct Peek(Vec<u8>);

impl Peek {
    fn push(&mut self, data: &[u8]) {
        let left = PEEK_PACKED_BYTES.saturating_sub(self.0.len());
        self.0.extend_from_slice(data.get(..left).unwrap_or(data));
    }

    /// Says whether more bytes would not change the look.
    fn is_full(&self, plan: &Plan) -> bool {
        match plan {
            Plan::PassUnlessFile { coding: Coding::Identity, .. } => self.0.len() >= PEEK_BYTES,
            Plan::PassUnlessFile { .. } => self.0.len() >= PEEK_PACKED_BYTES,
            Plan::Pass | Plan::Refuse(_) | Plan::File(_) | Plan::Form(_) => false,
        }
    }

    /// Makes up the plan's mind.
    fn settle(&self, plan: Plan) -> Plan {
        let Plan::PassUnlessFile { coding, otherwise } = plan else { return plan };
        let mut head = Head::default();
        let mut decoder = Decoder::new(coding, u64::MAX, u64::MAX);
        // Broken or cut off: what came out until then decides.
        let _ = decoder.push(&self.0, &mut head);
        if is_file_signature(&head.0) { *otherwise } else { Plan::Pass }
    }
}

/// Takes the first bytes and then refuses, which ends the unpacking.
#[derive(Default)]
struct Head(Vec<u8>);

impl std::io::Write for Head {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let left = PEEK_BYTES.saturating_sub(self.0.len());
        if left == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes.get(..left).unwrap_or(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<S>,
    shared: &Shared,
    request: &Request,
    outcome: Outcome,
    content: &Content,
    may_say_unchanged: bool,
    is_last: bool,
) -> Result<After, Broken> {
    let tag = shared.settings.tag.as_str();
    let has_body = request.body != BodyKind::Nothing;
    match outcome {
        Outcome::Unchanged { .. } if may_say_unchanged => {
            link.send(&Answer::Unchanged.write(tag, is_last, &outcome.lines())).await?;
        }
        Outcome::Unchanged { .. } => {
            let lines = outcome.lines();
            let head = echo(request, has_body).write(tag, is_last, &lines);
            if has_body {
                link.send_whole(head, content).await?;
            } else {
                link.send(&head).await?;
            }
        }
        Outcome::Changed { ref answer, ref body, .. } => {
            let head = answer.write(tag, is_last, &outcome.lines());
            link.send_whole(head, body).await?;
        }
        Outcome::Unable(status) => {
            link.send(&error(status, tag, true)).await?;
            return Ok(After::Close);
        }
        Outcome::Disk(error) => return Err(Broken::Disk(error)),
    }
    Ok(After::Keep)
}

/// The message as it came.
fn echo(request: &Request, has_body: bool) -> Answer {
    match request.method {
        Method::Reqmod | Method::Options => {
            Answer::Request { head: request.request.clone(), has_body }
        }
        Method::Respmod => Answer::Response { head: request.response.clone(), has_body },
    }
}
