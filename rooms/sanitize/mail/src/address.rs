//! Address lists, parsed by mail-parser from a header whose charsets have been
//! settled. Keeps what is an address and what is a name apart.

use mail_parser::{Address, MessageParser};

use crate::field::{one_line, recode_words};
use crate::letter::Recipient;

/// Entries of one header.
const RECIPIENTS_MAX: usize = 5_000;
/// RFC 5321 4.5.3.1: 64 octets, a sign, 255 octets.
const ADDRESS_BYTES_MAX: usize = 320;

/// Reads one header's list; what is no address becomes a name without one.
#[must_use]
pub fn list(raw: &[u8]) -> Vec<Recipient> {
    let header = format!("To: {}\r\n\r\n", one_line(&recode_words(raw)));
    let Some(message) = MessageParser::default().parse(header.as_bytes()) else {
        return Vec::new();
    };
    let mut list = Vec::new();
    match message.to() {
        Some(Address::List(mailboxes)) => {
            for one in mailboxes.iter().take(RECIPIENTS_MAX) {
                list.extend(entries(one.name.as_deref(), one.address.as_deref()));
            }
        }
        Some(Address::Group(groups)) => {
            for group in groups.iter().take(RECIPIENTS_MAX) {
                let entries = group.addresses.iter().take(RECIPIENTS_MAX);
                let members = entries
                    .filter_map(|one| recipient(one.name.as_deref(), one.address.as_deref()));
                match group.name.as_deref().map(clean).filter(|name| !name.is_empty()) {
                    Some(name) => {
                        let members = members.filter_map(mailbox).collect();
                        list.push(Recipient::Group { name, members });
                    }
                    None => list.extend(members),
                }
            }
        }
        None => {}
    }
    list
}

/// Reads one entry; several addresses without commas between them are several.
fn entries(name: Option<&str>, address: Option<&str>) -> Vec<Recipient> {
    let words: Vec<&str> = address.unwrap_or_default().split_whitespace().collect();
    if name.is_none() && words.len() > 1 && words.iter().all(|word| is_address(word)) {
        return words.iter().filter_map(|word| recipient(None, Some(word))).collect();
    }
    recipient(name, address).into_iter().collect()
}

fn mailbox(recipient: Recipient) -> Option<(String, String)> {
    match recipient {
        Recipient::One { name, address } => Some((name, address)),
        Recipient::Group { .. } => None,
    }
}

/// Makes an entry of a name and an address; `None` where both are empty.
pub(crate) fn recipient(name: Option<&str>, address: Option<&str>) -> Option<Recipient> {
    let name = clean(name.unwrap_or_default());
    let address = address.unwrap_or_default();
    if let Some(address) = readable(address) {
        return Some(Recipient::One { name, address });
    }
    // Kept as something to read, not as something to write to.
    let name = clean(&format!("{name} {address}"));
    (!name.is_empty()).then_some(Recipient::Group { name, members: Vec::new() })
}

/// Reads an address that may have spaces in it or a route before it (RFC 5322
/// 4.4, obsolete syntax).
fn readable(address: &str) -> Option<String> {
    let address =
        address.trim().replace(" .", ".").replace(". ", ".").replace(" @", "@").replace("@ ", "@");
    let address = match address.strip_prefix('@').and_then(|route| route.rsplit_once(':')) {
        Some((_, address)) => address.to_owned(),
        None => address,
    };
    is_address(&address).then_some(address)
}

/// Takes out characters that show nothing or turn the reading direction: a name
/// is read by people who decide by it.
fn clean(name: &str) -> String {
    let mut before = ' ';
    let shown = |c: &char| {
        // A joiner of emoji stays; between letters it shows nothing.
        let is_joint = *c == '\u{200D}'
            && matches!(before, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}');
        before = *c;
        is_joint
            || !matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    one_line(&name.chars().filter(shown).collect::<String>())
}

/// Accepts `local@domain` of ASCII without anything that needs quoting. Quoted
/// local parts and domain literals are legal and never met in honest mail.
fn is_address(text: &str) -> bool {
    let is_plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"()<>[]:;@\\,\"".contains(&byte))
    };
    text.len() <= ADDRESS_BYTES_MAX
        && text.split_once('@').is_some_and(|(local, domain)| is_plain(local) && is_plain(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, address: &str) -> Recipient {
        Recipient::One { name: name.into(), address: address.into() }
    }

    #[test]
    fn names_and_addresses_are_kept_apart() {
        assert_eq!(list(b"a@b.jp"), [one("", "a@b.jp")]);
        assert_eq!(
            list(b"\"=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?=\" <a@b.jp>, \"B, C\" <c@d.jp>"),
            [one("会議", "a@b.jp"), one("B, C", "c@d.jp")]
        );
        assert_eq!(list(b"a@b.jp c@d.jp"), [one("", "a@b.jp"), one("", "c@d.jp")]);
        assert_eq!(list(b"x <@r.jp:a@b . jp>"), [one("x", "a@b.jp")]);
        assert_eq!(
            list(b"undisclosed-recipients:;"),
            [Recipient::Group { name: "undisclosed-recipients".into(), members: vec![] }]
        );
    }

    #[test]
    fn encoded_structure_stays_a_name() {
        let raw = format!("=?UTF-8?B?{}?= <a@b.jp>", crate::transfer::base64(b"x <evil@e.jp>,"));
        assert_eq!(list(raw.as_bytes()), [one("x <evil@e.jp>,", "a@b.jp")]);
    }
}
