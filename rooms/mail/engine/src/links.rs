//! Links: what is shown, where it really leads, and what is odd about that. A
//! link leaves here only in a form that nothing makes clickable.

use crate::names;

/// Characters of one address; longer ones are cut.
const TARGET_CHARS_MAX: usize = 2_000;
/// Bytes of one picture inside a page.
const PICTURE_BYTES_MAX: usize = 8 << 20;
/// Pictures inside one page that are looked at.
const PICTURES_MAX: usize = 20;

/// Where in the mail a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In plain text.
    Text,
    /// Behind words or a picture of a page.
    Page,
    /// In a QR code.
    Picture,
}

/// What is odd about a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// The text shows another address than the one behind it.
    Mismatch,
    /// The host resembles a known one without being it.
    LookAlike,
    /// The host mixes scripts or stands in another one, as `xn--` shows.
    Homograph,
    /// A service that hides where the link leads.
    Shortener,
    /// A number instead of a name.
    Number,
    /// What looks like a host stands before an `@`.
    UserInfo,
    /// Another port than the web's.
    Port,
    /// Leads on to a second address that stands in its query.
    Redirect,
    /// Fetches a program, an archive or a shortcut.
    Program,
    /// Does something else than opening a page: `javascript:`, `data:`, `file:`.
    Scheme,
}

impl Flag {
    /// Returns the flag's stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mismatch => "mismatch",
            Self::LookAlike => "look-alike",
            Self::Homograph => "homograph",
            Self::Shortener => "shortener",
            Self::Number => "ip-address",
            Self::UserInfo => "user-info",
            Self::Port => "port",
            Self::Redirect => "redirect",
            Self::Program => "program",
            Self::Scheme => "scheme",
        }
    }
}

/// A link, and what is odd about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The words that stand for it; empty for a bare address.
    pub displayed: String,
    /// Where it leads. Only for machines: screens show [`Link::defanged`].
    pub target: String,
    /// The same in a form that nothing makes clickable.
    pub defanged: String,
    /// The host in lower case and ASCII; empty where there is none.
    pub host: String,
    /// Where it stands.
    pub origin: Origin,
    /// In order, each once.
    pub flags: Vec<Flag>,
}

impl Link {
    /// Reads a link. `displayed` may be empty.
    #[must_use]
    pub fn new(displayed: &str, target: &str, origin: Origin) -> Self {
        let target = clean(target);
        let url = Url::read(&target);
        let mut flags = Vec::new();
        if let Some(url) = &url {
            url.judge(&mut flags);
            if is_mismatch(displayed, url) {
                flags.push(Flag::Mismatch);
            }
        } else if !is_harmless_scheme(&target) {
            flags.push(Flag::Scheme);
        }
        flags.sort_unstable();
        flags.dedup();
        Self {
            displayed: displayed.trim().to_owned(),
            defanged: defang(&target),
            host: url.map(|url| url.host).unwrap_or_default(),
            target,
            origin,
            flags,
        }
    }

    /// Says whether a reader must be told more than the address.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        !self.flags.is_empty()
    }
}

/// An address of the web, taken apart as browsers do.
struct Url {
    scheme: String,
    user_info: String,
    host: String,
    /// The host as written, in Unicode.
    shown_host: String,
    port: String,
    rest: String,
}

impl Url {
    fn read(target: &str) -> Option<Self> {
        let (scheme, rest) = match target.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
            _ if target.starts_with("//") => ("https".to_owned(), target),
            _ if starts_with_host(target) => ("http".to_owned(), target),
            _ => return None,
        };
        if !matches!(scheme.as_str(), "http" | "https" | "ftp") {
            return None;
        }
        // Browsers take any number of slashes of either kind.
        let rest = rest.trim_start_matches(['/', '\\']);
        let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user_info, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
            _ => (host, ""),
        };
        let shown_host = percent(host).trim_end_matches('.').to_lowercase();
        Some(Self {
            scheme,
            user_info: user_info.to_owned(),
            host: names::to_ascii(&shown_host),
            shown_host,
            port: port.to_owned(),
            rest: rest.to_owned(),
        })
    }

    fn judge(&self, flags: &mut Vec<Flag>) {
        if names::is_number(&self.host) {
            flags.push(Flag::Number);
        }
        if !self.user_info.is_empty() {
            flags.push(Flag::UserInfo);
        }
        if !matches!(self.port.as_str(), "" | "80" | "443" | "21") {
            flags.push(Flag::Port);
        }
        if names::is_odd_script(&self.host) || names::is_odd_script(&self.shown_host) {
            flags.push(Flag::Homograph);
        }
        if names::is_shortener(&self.host) {
            flags.push(Flag::Shortener);
        }
        if names::look_alike(&self.host, &[]).is_some() {
            flags.push(Flag::LookAlike);
        }
        if self.leads_on() {
            flags.push(Flag::Redirect);
        }
        let path = self.rest.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        if PROGRAMS.iter().any(|extension| path.ends_with(extension)) {
            flags.push(Flag::Program);
        }
        if self.scheme == "ftp" {
            flags.push(Flag::Scheme);
        }
    }

    fn leads_on(&self) -> bool {
        let query = percent(self.rest.split_once('?').map_or("", |(_, query)| query));
        query.split(['&', ';']).any(|pair| {
            let value = pair.split_once('=').map_or(pair, |(_, value)| value);
            let inner = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
            inner.is_some_and(|inner| {
                let host = inner.split(['/', '?', '#']).next().unwrap_or_default();
                !host.is_empty() && names::organisation(host) != names::organisation(&self.host)
            })
        })
    }
}

const PROGRAMS: &[&str] = &[
    ".exe", ".scr", ".com", ".bat", ".cmd", ".pif", ".msi", ".msix", ".ps1", ".vbs", ".vbe", ".js",
    ".jse", ".wsf", ".hta", ".lnk", ".iso", ".img", ".vhd", ".jar", ".apk", ".zip", ".rar", ".7z",
    ".lzh", ".cab", ".one", ".xll", ".docm", ".xlsm", ".pptm",
];

fn is_scheme(text: &str) -> bool {
    let is_start = text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    is_start && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        // `example.jp:8080` is a host with a port.
        && !text.contains('.')
}

fn is_harmless_scheme(target: &str) -> bool {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    matches!(scheme.as_str(), "mailto" | "tel" | "cid" | "fax" | "sms") || target.starts_with('#')
}

/// Takes out what browsers ignore inside an address.
fn clean(target: &str) -> String {
    let shown = target.trim().chars().filter(|c| !c.is_control() && !names::is_unseen(*c));
    shown.take(TARGET_CHARS_MAX).collect()
}

/// Writes an address so that nothing makes it clickable: `hxxps://example[.]jp`.
#[must_use]
pub fn defang(target: &str) -> String {
    let (scheme, rest) = match target.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme.to_ascii_lowercase()), rest),
        _ => (None, target),
    };
    match scheme.as_deref() {
        Some("mailto" | "tel" | "fax" | "sms" | "cid") => return target.to_owned(),
        Some("http" | "https" | "ftp") | None => {}
        // What runs or opens something is told by its kind only.
        Some(other) => {
            let short: String = rest.chars().take(60).collect();
            return format!("{other}[:]{}", short.replace('.', "[.]"));
        }
    }
    let slashes = rest.bytes().take_while(|byte| matches!(byte, b'/' | b'\\')).count();
    let rest = rest.get(slashes..).unwrap_or_default();
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.replace('.', "[.]").replace('@', "[@]");
    // A second address in the path would be made clickable by itself.
    let path = path.replace("://", "[:]//");
    match scheme.as_deref() {
        Some("http") => format!("hxxp://{host}{path}"),
        Some("https") => format!("hxxps://{host}{path}"),
        Some("ftp") => format!("fxp://{host}{path}"),
        Some(_) | None => format!("{host}{path}"),
    }
}

/// Says whether the words show one address and the link leads to another.
fn is_mismatch(displayed: &str, url: &Url) -> bool {
    let displayed = clean(displayed);
    let shown = found(&displayed).into_iter().next();
    let shown = shown.and_then(|(from, to)| displayed.get(from..to));
    let shown = shown.or_else(|| {
        let only = displayed.trim();
        (!only.contains(char::is_whitespace) && looks_like_host(only)).then_some(only)
    });
    let Some(shown) = shown.and_then(Url::read) else { return false };
    names::organisation(&shown.host) != names::organisation(&url.host)
}

/// Finds addresses in plain text: byte ranges, in order, not overlapping.
pub(crate) fn found(text: &str) -> Vec<(usize, usize)> {
    const FOUND_MAX: usize = 20_000;
    let lower = text.to_ascii_lowercase();
    let mut out = Vec::new();
    let mut at = 0;
    while out.len() < FOUND_MAX
        && let Some(start) = next_start(&lower, at)
    {
        let rest = text.get(start..).unwrap_or_default();
        let length = length(rest);
        if length > 0 {
            out.push((start, start + length));
        }
        at = start + length.max(1);
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    out
}

fn next_start(lower: &str, at: usize) -> Option<usize> {
    let rest = lower.get(at..)?;
    let is_start = |found: usize| {
        let before = rest.get(..found).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '.' || c == '@' || c == '-'))
    };
    let starts = ["https://", "http://", "ftp://", "www."];
    let found = starts.iter().filter_map(|start| {
        rest.match_indices(start).map(|(found, _)| found).find(|found| is_start(*found))
    });
    found.min().map(|found| at + found)
}

/// Measures an address at the start: to the first sign that cannot be in one.
/// Japanese runs on behind addresses without a space.
fn length(rest: &str) -> usize {
    let scheme = rest.find("://").filter(|at| *at <= 5).map_or(0, |at| at + 3);
    let body = rest.get(scheme..).unwrap_or_default();
    let host_end = body.find(['/', '?', '#']).unwrap_or(body.len());
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-._~%:@[]!$&'()*+,;=".contains(c);
    // A name in another script is part of the address only where it starts there.
    let is_foreign = body.chars().next().is_some_and(|c| !c.is_ascii());
    let mut end = 0;
    for (at, c) in body.char_indices() {
        let is_in = if at < host_end {
            is_host(c) || (is_foreign && c.is_alphanumeric())
        } else {
            is_host(c) || "/?#".contains(c)
        };
        if !is_in {
            break;
        }
        end = at + c.len_utf8();
    }
    let address = body.get(..end).unwrap_or_default();
    let trimmed = address.trim_end_matches(['.', ',', ';', ':', '!', '\'', '*']);
    // A closing bracket belongs to the text unless it was opened inside.
    let trimmed = [(')', '('), (']', '[')].iter().fold(trimmed, |trimmed, (close, open)| {
        if trimmed.ends_with(*close) && !trimmed.contains(*open) {
            trimmed.trim_end_matches(*close)
        } else {
            trimmed
        }
    });
    if trimmed.is_empty() { 0 } else { scheme + trimmed.len() }
}

fn starts_with_host(text: &str) -> bool {
    text.to_ascii_lowercase().starts_with("www.") || looks_like_host(text)
}

/// Says whether a word is written like a host: labels, dots and a known end.
fn looks_like_host(word: &str) -> bool {
    let host = word.split(['/', '?', '#', ':']).next().unwrap_or_default();
    host.contains('.')
        && !host.contains('@')
        && host.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && names::has_known_end(host)
}

fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        if byte == b'%'
            && let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2))
        {
            out.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The pictures that stand inside a page as `data:`.
pub(crate) fn data_pictures(html: &str) -> Vec<Vec<u8>> {
    let found = html.split("data:image/").skip(1).take(PICTURES_MAX);
    found
        .filter_map(|rest| {
            let data = rest.split_once(";base64,")?.1;
            let end = data.find(['"', '\'', ')', '>']).unwrap_or(data.len());
            let data = data.get(..end.min(PICTURE_BYTES_MAX))?;
            let part = format!("Content-Transfer-Encoding: base64\r\n\r\n{data}");
            Some(sanitize_mail::mime::Part::read(part.as_bytes()).content())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(displayed: &str, target: &str) -> Vec<&'static str> {
        let link = Link::new(displayed, target, Origin::Page);
        link.flags.iter().map(|flag| flag.name()).collect()
    }

    #[test]
    fn oddities_are_named() {
        assert_eq!(flags("ご案内", "https://www.city.midori.lg.jp/a"), Vec::<&str>::new());
        assert_eq!(flags("https://www.jcb.co.jp/", "https://evil.example/"), ["mismatch"]);
        assert_eq!(flags("www.jcb.co.jp", "https://www.jcb.co.jp/a"), Vec::<&str>::new());
        assert_eq!(flags("x", "http://192.0.2.7/a"), ["ip-address"]);
        assert_eq!(flags("x", "http://3221225991/a"), ["ip-address"]);
        assert_eq!(flags("x", "https://www.jcb.co.jp@evil.example/"), ["user-info"]);
        assert_eq!(flags("x", "https://bit.ly/abc"), ["shortener"]);
        assert_eq!(flags("x", "https://example.com:8443/"), ["port"]);
        assert_eq!(
            flags("x", "https://example.com/r?u=https%3A%2F%2Fevil.example%2F"),
            ["redirect"]
        );
        assert_eq!(flags("x", "https://example.com/a.exe?x=1"), ["program"]);
        assert_eq!(flags("x", "javascript:alert(1)"), ["scheme"]);
        assert_eq!(flags("x", "https://xn--pple-43d.com/"), ["look-alike", "homograph"]);
        assert_eq!(flags("x", "mailto:a@b.jp"), Vec::<&str>::new());
        assert_eq!(flags("日本.jp", "https://日本.jp/"), Vec::<&str>::new());
    }

    #[test]
    fn nothing_that_leaves_is_clickable() {
        assert_eq!(
            defang("https://a.example.jp/x?y=http://b.jp"),
            "hxxps://a[.]example[.]jp/x?y=http[:]//b.jp"
        );
        assert_eq!(
            defang("javascript:alert(document.cookie)"),
            "javascript[:]alert(document[.]cookie)"
        );
        assert_eq!(defang("www.example.jp/a.b"), "www[.]example[.]jp/a.b");
        assert_eq!(defang("http:\\\\a.jp\\x"), "hxxp://a[.]jp\\x");
    }

    #[test]
    fn addresses_end_where_japanese_goes_on() {
        let find = |text: &str| {
            found(text).into_iter().map(|(from, to)| text[from..to].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(find("詳しくはhttps://a.jp/xをご覧ください"), ["https://a.jp/x"]);
        assert_eq!(find("(https://a.jp/x)。www.b.jp、"), ["https://a.jp/x", "www.b.jp"]);
        assert_eq!(find("https://a.jp/wiki/A_(b) end."), ["https://a.jp/wiki/A_(b)"]);
        assert_eq!(find("a@www.b.jp"), Vec::<String>::new());
        assert_eq!(find("http://日本語.jp/へ"), ["http://日本語.jp/"]);
    }
}
