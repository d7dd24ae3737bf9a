//! Takes a mail that was read apart into tokens: what it says, who sent it,
//! where it leads, what it brings and what is odd about it. A token is a key of
//! [`KEY_BITS`] bits, and a place where it can be read.

use mail_engine::Report;
use mail_engine::names::organisation;

use crate::text;

/// Characters of one text that are looked at; spam says what it wants early.
pub const TEXT_CHARS_MAX: usize = 20_000;
/// Tokens of one mail before the same ones are put together.
pub const ITEMS_MAX: usize = 12_000;
/// Bits of a key. At the largest model, a token meets another's key once in two
/// million.
pub(crate) const KEY_BITS: u32 = 40;
/// Headers that are looked at, and characters of each.
const HEADERS_MAX: usize = 200;
const HEADER_CHARS_MAX: usize = 400;

/// Where a token stands. The same word weighs differently in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// In the text.
    Text,
    /// In the subject.
    Subject,
    /// In the sender's name or address.
    Sender,
    /// The host of a link.
    Host,
    /// The name or kind of an attachment.
    File,
    /// A hint, something taken out, or another trait of the mail.
    Trait,
    /// A header that the caller passed in.
    Header,
}

impl Kind {
    /// Every place.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Subject,
        Self::Sender,
        Self::Host,
        Self::File,
        Self::Trait,
        Self::Header,
    ];

    /// Returns the place's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Subject => "subject",
            Self::Sender => "sender",
            Self::Host => "host",
            Self::File => "file",
            Self::Trait => "trait",
            Self::Header => "header",
        }
    }

    /// What keeps the keys of different places apart.
    fn seed(self) -> u64 {
        text::hash(self.name())
    }
}

/// What the caller knows beside the mail.
#[derive(Debug, Clone, Default)]
pub struct Context<'a> {
    /// How many mails of this sender were delivered and never reported.
    pub delivered: Option<u32>,
    /// How many mails of this sender people reported.
    pub reported: Option<u32>,
    /// Headers that shall count, name and value, already decoded.
    pub headers: &'a [(String, String)],
}

/// A token of one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// What the model knows it by.
    pub key: u64,
    /// Where it stands.
    pub kind: Kind,
    from: u32,
    to: u32,
}

/// The tokens of one mail, each once, in the order of their keys.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    items: Vec<Item>,
    /// What they are read from: normalised, lower case.
    pub(crate) page: String,
}

impl Tokens {
    /// Takes a mail apart.
    #[must_use]
    pub fn of(report: &Report, context: &Context<'_>) -> Self {
        let mut tokens = Self::default();
        // What is short and telling comes first: a long text cannot push it out.
        traits(report, context, &mut tokens);
        sender(report, &mut tokens);
        text::read(Kind::Subject, &report.subject, TEXT_CHARS_MAX, &mut tokens);
        for link in &report.links {
            tokens.host(&link.host);
        }
        for (name, value) in context.headers.iter().take(HEADERS_MAX) {
            let name = name.to_lowercase();
            tokens.whole(Kind::Header, &name);
            text::read_within(Kind::Header, &name, value, HEADER_CHARS_MAX, &mut tokens);
        }
        // As the sender wrote it: what the reader did to links is no word of theirs.
        let text = report.text.replace("[.]", ".").replace("hxxp", "http");
        text::read(Kind::Text, &text, TEXT_CHARS_MAX, &mut tokens);
        tokens.items.sort_by_key(|item| (item.key, item.from));
        tokens.items.dedup_by_key(|item| item.key);
        tokens
    }

    /// The tokens, in the order of their keys.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The words of a token as they stand in the mail, on one line.
    #[must_use]
    pub fn words(&self, item: &Item) -> String {
        let words = self.page.get(item.from as usize..item.to as usize).unwrap_or_default();
        if item.kind == Kind::Text || item.kind == Kind::Subject {
            // Japanese words run over the end of a line; others do not.
            let is_japanese = words.chars().any(text::is_japanese);
            let between = if is_japanese { "" } else { " " };
            return words.split_whitespace().collect::<Vec<_>>().join(between);
        }
        words.to_owned()
    }

    /// Adds a token that stands at `from..to` of the page.
    pub(crate) fn add(&mut self, kind: Kind, hash: u64, from: usize, to: usize) {
        let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(to)) else { return };
        if self.items.len() < ITEMS_MAX {
            let key = text::mix(hash ^ kind.seed()) >> (u64::BITS - KEY_BITS);
            self.items.push(Item { key, kind, from, to });
        }
    }

    /// Adds a token that is one word, whatever stands in it.
    fn whole(&mut self, kind: Kind, word: &str) {
        if word.is_empty() {
            return;
        }
        let from = self.page.len();
        self.page.push_str(word);
        self.add(kind, text::hash(word), from, self.page.len());
        self.page.push('\n');
    }

    fn host(&mut self, host: &str) {
        let (host, owner) = (host.to_lowercase(), organisation(host));
        self.whole(Kind::Host, &owner);
        if host != owner {
            self.whole(Kind::Host, &host);
        }
        if let Some((_, end)) = owner.rsplit_once('.') {
            self.whole(Kind::Host, &format!(".{end}"));
        }
    }
}

fn sender(report: &Report, tokens: &mut Tokens) {
    if let Some(from) = &report.from {
        text::read(Kind::Sender, &from.display, HEADER_CHARS_MAX, tokens);
        let address = from.address.to_lowercase();
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        tokens.whole(Kind::Sender, &address);
        tokens.whole(Kind::Sender, &organisation(domain));
        if let Some((_, end)) = domain.rsplit_once('.') {
            tokens.whole(Kind::Sender, &format!(".{end}"));
        }
    }
    for answer in report.reply_to.iter().take(3) {
        let domain = answer.address.rsplit_once('@').map_or("", |(_, domain)| domain);
        tokens.whole(Kind::Sender, &format!("reply {}", organisation(&domain.to_lowercase())));
    }
}

fn traits(report: &Report, context: &Context<'_>, tokens: &mut Tokens) {
    let add = |tokens: &mut Tokens, text: &str| tokens.whole(Kind::Trait, text);
    for hint in &report.hints {
        add(tokens, &hint.code);
    }
    for removal in &report.removed {
        add(tokens, &removal.code);
    }
    let auth = &report.auth;
    for (name, verdict) in [("spf", &auth.spf), ("dmarc", &auth.dmarc), ("arc", &auth.arc)] {
        if verdict.result != "unchecked" {
            add(tokens, &format!("{name} {}", verdict.result));
        }
    }
    for flag in report.links.iter().flat_map(|link| &link.flags) {
        add(tokens, &format!("link {flag}"));
    }
    for file in &report.attachments {
        tokens.whole(Kind::File, &file.kind);
        let extension = file.name.rsplit_once('.').map_or("", |(_, extension)| extension);
        tokens.whole(Kind::File, &format!(".{}", extension.to_lowercase()));
    }
    add(tokens, &format!("links {}", size_of(report.links.len() as u64)));
    add(tokens, &format!("files {}", size_of(report.attachments.len() as u64)));
    add(tokens, &format!("receivers {}", size_of((report.to.len() + report.cc.len()) as u64)));
    add(tokens, &format!("letters {}", size_of(report.text.len() as u64)));
    for (name, text) in [("subject", &report.subject), ("text", &report.text)] {
        add(tokens, &format!("{name} capitals {}", tenths_of(text, char::is_uppercase)));
        add(tokens, &format!("{name} digits {}", tenths_of(text, |c| c.is_ascii_digit())));
        add(tokens, &format!("{name} calls {}", size_of(text.matches('!').count() as u64)));
    }
    if let Some(count) = context.delivered {
        add(tokens, &format!("delivered before {}", size_of(count.into())));
    }
    if let Some(count) = context.reported {
        add(tokens, &format!("reported before {}", size_of(count.into())));
    }
}

/// A number by its magnitude: 0, 1, 2, 4, 8, …
fn size_of(count: u64) -> u64 {
    count.checked_ilog2().map_or(0, |power| 1 << power)
}

/// The share of such letters among all, in tenths.
fn tenths_of(text: &str, is_one: impl Fn(char) -> bool) -> usize {
    let (mut all, mut those) = (0, 0);
    for c in text.chars().take(TEXT_CHARS_MAX).filter(|c| c.is_alphanumeric()) {
        all += 1;
        those += usize::from(is_one(c));
    }
    (those * 10_usize).checked_div(all).unwrap_or(0)
}
