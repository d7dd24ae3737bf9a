//! What `sekisho mail check` prints: everything decoded, nothing clickable.

use serde::{Deserialize, Serialize};

use sanitize_core::Code;

use crate::auth::{Verdict, Verdicts};
use crate::codes::CODES;
use crate::hints::{HINTS, Hint};
use crate::message::{Mailbox, Message};

/// A mail as programs read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Empty where there is none.
    pub subject: String,
    /// The first sender; `null` where there is none.
    pub from: Option<ReportedMailbox>,
    /// Whom it is for.
    pub to: Vec<ReportedMailbox>,
    /// All that the mail names as its authors, where it names several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_from: Vec<ReportedMailbox>,
    /// Who sent it for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sender: Vec<ReportedMailbox>,
    /// Who gets a copy.
    pub cc: Vec<ReportedMailbox>,
    /// Where answers go.
    pub reply_to: Vec<ReportedMailbox>,
    /// In the form of RFC 5322.
    pub date: Option<String>,
    /// Without angle brackets.
    pub message_id: Option<String>,
    /// What it answers, without angle brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_reply_to: Vec<String>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// What the servers on its way wrote, the last one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<String>,
    /// The body.
    pub text: String,
    /// SPF, DKIM, DMARC and ARC.
    pub auth: ReportedAuth,
    /// What to look at.
    pub hints: Vec<ReportedHint>,
    /// What came with it.
    pub attachments: Vec<ReportedAttachment>,
    /// Where its links lead.
    pub links: Vec<ReportedLink>,
    /// What was taken out of the body.
    pub removed: Vec<ReportedRemoval>,
}

/// A sender or receiver.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportedMailbox {
    /// As shown.
    pub display: String,
    /// What counts.
    pub address: String,
}

/// One check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportedVerdict {
    /// As in RFC 8601; `unchecked` where it could not be asked.
    pub result: String,
    /// Of which domain.
    pub domain: String,
    /// Why.
    pub reason: String,
}

/// All checks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportedAuth {
    /// The server.
    pub spf: ReportedVerdict,
    /// Each signature.
    pub dkim: Vec<ReportedVerdict>,
    /// Both against the sender that people see.
    pub dmarc: ReportedVerdict,
    /// What the sender's domain asks for.
    pub policy: String,
    /// Those who forwarded.
    pub arc: ReportedVerdict,
}

/// A hint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportedHint {
    /// Its stable name.
    pub code: String,
    /// `note`, `caution` or `warning`.
    pub level: String,
    /// What it is about; may be empty.
    pub detail: String,
    /// The reason in Japanese.
    pub message: String,
    /// The reason in English.
    pub message_en: String,
}

/// An attachment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportedAttachment {
    /// Safe to show.
    pub name: String,
    /// What its first bytes say it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The media type that the mail claims.
    pub declared: String,
    /// In bytes.
    pub size: u64,
    /// What the sanitiser said: `disarmed`, `held`, `blocked`; `unchecked` where it
    /// was not asked.
    pub verdict: String,
    /// What the sanitiser took out, or why it refused.
    pub removed: Vec<String>,
}

/// A link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportedLink {
    /// The words that stand for it.
    pub displayed: String,
    /// Where it leads, in a form that nothing makes clickable.
    pub target: String,
    /// The host in ASCII.
    pub host: String,
    /// What is odd.
    pub flags: Vec<String>,
}

/// Something taken out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReportedRemoval {
    /// Its stable name.
    pub code: String,
    /// In Japanese.
    pub message: String,
    /// In English.
    pub message_en: String,
    /// Where.
    pub place: String,
    /// How often.
    pub count: u64,
}

impl Report {
    /// Puts together what was read and judged.
    #[must_use]
    pub fn new(message: &Message, verdicts: &Verdicts, hints: &[Hint]) -> Self {
        Self {
            subject: message.subject.clone(),
            from: message.from.first().map(mailbox),
            to: message.to.iter().map(mailbox).collect(),
            more_from: message.from.iter().skip(1).map(mailbox).collect(),
            sender: message.sender.iter().map(mailbox).collect(),
            cc: message.cc.iter().map(mailbox).collect(),
            reply_to: message.reply_to.iter().map(mailbox).collect(),
            date: message.date.clone(),
            message_id: message.message_id.clone(),
            in_reply_to: message.in_reply_to.clone(),
            references: message.references.clone(),
            received: message.received.clone(),
            text: message.text.clone(),
            auth: auth(verdicts),
            hints: hints.iter().map(hint).collect(),
            attachments: message
                .attachments
                .iter()
                .map(|file| ReportedAttachment {
                    name: file.name.clone(),
                    kind: file.kind.name().to_owned(),
                    declared: file.declared.clone(),
                    size: file.bytes.len() as u64,
                    verdict: "unchecked".to_owned(),
                    removed: Vec::new(),
                })
                .collect(),
            links: message
                .links
                .iter()
                .map(|link| ReportedLink {
                    displayed: link.displayed.clone(),
                    target: link.defanged.clone(),
                    host: link.host.clone(),
                    flags: link.flags.iter().map(|flag| flag.name().to_owned()).collect(),
                })
                .collect(),
            removed: message
                .removed
                .iter()
                .map(|one| ReportedRemoval {
                    code: one.code.id.to_owned(),
                    message: one.code.ja.to_owned(),
                    message_en: one.code.en.to_owned(),
                    place: one.place.clone(),
                    count: one.count,
                })
                .collect(),
        }
    }
}

impl Report {
    /// Puts our own sentences for the codes of a report that came out of a cage,
    /// and drops codes that are not ours. `sentences` knows what was taken out.
    #[must_use]
    pub fn settled(mut self, sentences: impl Fn(&str) -> Option<&'static Code>) -> Self {
        self.hints = std::mem::take(&mut self.hints)
            .into_iter()
            .filter_map(|one| {
                let code = HINTS.iter().find(|code| code.id == one.code)?;
                Some(hint(&Hint { code, detail: one.detail }))
            })
            .collect();
        self.removed.retain_mut(|one| {
            let code = CODES.iter().copied().find(|code| code.id == one.code);
            let Some(code) = code.or_else(|| sentences(&one.code)) else { return false };
            (one.message, one.message_en) = (code.ja.to_owned(), code.en.to_owned());
            true
        });
        self
    }
}

/// A hint by its name, with its own sentences; nothing for a name that is none.
#[must_use]
pub fn reported_hint(name: &str, detail: &str) -> Option<ReportedHint> {
    let code = HINTS.iter().find(|code| code.id == name)?;
    Some(hint(&Hint { code, detail: detail.to_owned() }))
}

fn mailbox(mailbox: &Mailbox) -> ReportedMailbox {
    ReportedMailbox { display: mailbox.display.clone(), address: mailbox.address.clone() }
}

fn hint(hint: &Hint) -> ReportedHint {
    ReportedHint {
        code: hint.code.id.to_owned(),
        level: hint.code.level.name().to_owned(),
        detail: hint.detail.clone(),
        message: hint.message_ja(),
        message_en: hint.message_en(),
    }
}

fn auth(verdicts: &Verdicts) -> ReportedAuth {
    ReportedAuth {
        spf: verdict(&verdicts.spf),
        dkim: verdicts.dkim.iter().map(verdict).collect(),
        dmarc: verdict(&verdicts.dmarc),
        policy: verdicts.policy.clone(),
        arc: verdict(&verdicts.arc),
    }
}

fn verdict(verdict: &Verdict) -> ReportedVerdict {
    ReportedVerdict {
        result: verdict.outcome.name().to_owned(),
        domain: verdict.domain.clone(),
        reason: verdict.reason.clone(),
    }
}
