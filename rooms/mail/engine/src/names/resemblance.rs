//! What a name resembles: the same to the eye, one slip away, or a known name
//! used as ornament of another.

use unicode_security::confusable_detection::skeleton;

use super::lists::FORGED;
use super::{is_within, organisation, to_ascii, to_unicode};

/// Names shorter than this resemble too many others.
const LETTERS_MIN: usize = 5;

/// Returns the known name that `host` resembles without being it. `more` are the
/// body's own and neighbouring domains.
#[must_use]
pub fn look_alike(host: &str, more: &[String]) -> Option<String> {
    let host = to_ascii(host.trim_end_matches('.'));
    let known = || more.iter().map(String::as_str).chain(FORGED.iter().copied());
    if host.is_empty() || known().any(|known| is_within(&host, known)) {
        return None;
    }
    let own = organisation(&host);
    // A name that belongs to the same owner as a known one is no forgery.
    if known().any(|known| organisation(known) == own) {
        return None;
    }
    known()
        .find(|known| resembles(&host, &own, known))
        .map(str::to_owned)
        .or_else(|| false_end(&host, &own, known()))
}

/// The ends under which only public bodies have names.
const PUBLIC_ENDS: &[&str] = &["go.jp", "lg.jp"];

/// Says which end of public bodies a name imitates: one that looks the same
/// (`soumu.g0.jp`, `city.midori.1g.jp`), or a dashed one under an end that anybody
/// can have (`soumu.go-jp.net`, `lg-jp.com`). Where the rest of the name is a known
/// one, that is meant.
fn false_end<'k>(host: &str, own: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    if PUBLIC_ENDS.iter().any(|end| is_within(host, end)) {
        return None;
    }
    let forged = PUBLIC_ENDS.iter().find_map(|end| Some((*end, forged_end(host, own, end)?)));
    let (end, Forged { rest, is_plain }) = forged?;
    let whole = if rest.is_empty() { end.to_owned() } else { format!("{rest}.{end}") };
    let mut known: Vec<&str> = known.collect();
    known.retain(|known| is_public(known));
    let last = rest.rsplit('.').next().unwrap_or_default();
    let named = known.iter().find(|known| is_within(&whole, known));
    let is_like = named.is_some() || known.iter().any(|known| core(known).as_deref() == Some(last));
    let is_municipal = rest.split('.').any(|label| MUNICIPAL.contains(&label));
    // Honest names of two plain letters exist: only what stands before them tells.
    if is_plain && !is_like && !is_municipal {
        return None;
    }
    Some(named.map_or(whole, |known| (*known).to_owned()))
}

/// What stands before a forged end.
struct Forged {
    rest: String,
    /// The end itself is made of plain letters, as honest names are.
    is_plain: bool,
}

/// Words with which municipalities' names begin.
const MUNICIPAL: &[&str] = &["city", "town", "vill", "pref", "metro"];

fn forged_end(host: &str, own: &str, end: &str) -> Option<Forged> {
    let before = |labels: usize| -> String {
        let all: Vec<&str> = host.split('.').collect();
        all.get(..all.len().saturating_sub(labels)).unwrap_or_default().join(".")
    };
    let (second, last) = host.rsplit_once('.')?;
    let second = second.rsplit('.').next().unwrap_or_default();
    let wanted = end.split('.').next().unwrap_or_default();
    if last == "jp" && picture(second).replace('q', "g") == wanted {
        let is_plain =
            second.bytes().all(|byte| byte.is_ascii_lowercase()) && !second.starts_with("xn--");
        return Some(Forged { rest: before(2), is_plain });
    }
    let dashed = end.replace('.', "-");
    let label = own.split('.').next().unwrap_or_default();
    if label == dashed {
        // `soumu.go-jp.net`: what was registered is the end itself.
        return Some(Forged { rest: before(own.split('.').count()), is_plain: false });
    }
    // `soumu-go-jp.net`, `city-midori-lg-jp.com`: the end stands behind a name.
    let rest = label.strip_suffix(&dashed)?.strip_suffix('-').filter(|rest| rest.len() >= 2)?;
    Some(Forged { rest: rest.replace('-', "."), is_plain: false })
}

fn resembles(host: &str, own: &str, known: &str) -> bool {
    // `soumu.go.jp.example.com`, `soumu-go-jp.example.com`
    let labels = format!(".{host}.");
    let dashed = known.replace('.', "-");
    if labels.contains(&format!(".{known}.")) || labels.contains(&format!(".{dashed}.")) {
        return true;
    }
    let Some(core) = core(known).filter(|core| core.len() >= LETTERS_MIN) else {
        return same_to_the_eye(own, &organisation(known));
    };
    let Some(own_core) = self::core(own) else { return false };
    if own_core == core {
        // Another end of the same name is often the owner's own; a name of a public
        // body under another end never is.
        return is_public(known) && !is_public(host);
    }
    // `amazon-co-jp.top`, `soumu-go.com`: the name with its end as ornament.
    let ornament = own_core.strip_prefix(core.as_str()).and_then(|rest| rest.strip_prefix('-'));
    if ornament.is_some_and(|rest| ORNAMENTS.iter().any(|word| rest.starts_with(word))) {
        return true;
    }
    same_to_the_eye(&own_core, &core)
        || is_one_slip(&own_core, &core)
        || (host != own
            && format!(".{host}").contains(&format!(".{core}.co"))
            && !is_within(host, known))
}

const ORNAMENTS: &[&str] = &[
    "co-jp", "cojp", "go-jp", "lg-jp", "ne-jp", "or-jp", "jp", "login", "account", "secure",
    "verify", "update", "support", "security", "card", "bank", "pay", "service", "info", "id",
];

/// Names of public bodies, which only public bodies may have.
fn is_public(host: &str) -> bool {
    is_within(host, "go.jp") || is_within(host, "lg.jp")
}

/// The label that people recognise: the first of what was registered.
fn core(domain: &str) -> Option<String> {
    let organisation = organisation(domain);
    let label = organisation.split('.').next()?;
    // `city.midori.lg.jp`, `pref.x.jp`, `town.x.lg.jp`: the second label is the name.
    let label = match label {
        word if MUNICIPAL.contains(&word) => organisation.split('.').nth(1)?,
        other => other,
    };
    (!label.is_empty()).then(|| label.to_owned())
}

/// Compares what two names look like: confusable letters, `rn` for `m`, digits
/// for letters.
fn same_to_the_eye(one: &str, other: &str) -> bool {
    one != other && picture(one) == picture(other)
}

fn picture(name: &str) -> String {
    let shown = to_unicode(name).to_lowercase();
    // The skeleton of a nought is a capital letter.
    let skeleton = skeleton(&shown).collect::<String>().to_lowercase();
    let plain = skeleton.replace("rn", "m").replace("vv", "w").replace("cl", "d");
    plain
        .chars()
        .filter(|c| *c != '-')
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' | '|' => 'l',
            '3' => 'e',
            '5' => 's',
            other => undressed(other),
        })
        .collect()
}

/// Takes off the marks of Latin letters.
fn undressed(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ė' | 'ę' => 'e',
        'ì'..='ï' | 'ī' | 'ı' => 'l',
        'ñ' | 'ń' => 'n',
        'ò'..='ö' | 'ø' | 'ō' => 'o',
        'ù'..='ü' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ž' | 'ź' | 'ż' => 'z',
        'ś' | 'š' => 's',
        other => other,
    }
}

/// Says whether a label with marked Latin letters is a known one without them.
pub(super) fn is_dressed(label: &str) -> bool {
    let plain: String = label.chars().map(undressed).collect();
    FORGED.iter().any(|known| core(known).is_some_and(|core| core == plain))
}

/// Says whether two names differ by one letter left out, put in, exchanged or
/// swapped with its neighbour.
fn is_one_slip(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one == other || one.len().abs_diff(other.len()) > 1 || other.len() < LETTERS_MIN {
        return false;
    }
    let same_start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (rest, other_rest) = (one.get(same_start..), other.get(same_start..));
    let (Some(rest), Some(other_rest)) = (rest, other_rest) else { return false };
    match rest.len().cmp(&other_rest.len()) {
        std::cmp::Ordering::Less => other_rest.get(1..) == Some(rest),
        std::cmp::Ordering::Greater => rest.get(1..) == Some(other_rest),
        std::cmp::Ordering::Equal => {
            let is_swap = matches!((rest, other_rest), ([a, b, tail @ ..], [c, d, end @ ..])
                if a == d && b == c && tail == end);
            // A figure in place of a figure makes series of hosts, not forgeries.
            let is_figure = rest.first().is_some_and(char::is_ascii_digit)
                && other_rest.first().is_some_and(char::is_ascii_digit);
            is_swap || (!is_figure && rest.get(1..) == other_rest.get(1..))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(host: &str) -> Option<String> {
        look_alike(host, &["city.midori.lg.jp".to_owned(), "pref.aoba.lg.jp".to_owned()])
    }

    #[test]
    fn forgeries_are_seen() {
        for (host, known) in [
            ("arnazon.co.jp", "amazon.co.jp"),
            ("amaz0n.co.jp", "amazon.co.jp"),
            ("amazon-co-jp.top", "amazon.co.jp"),
            ("аmazon.co.jp", "amazon.co.jp"),
            ("soumu.go.jp.example.com", "soumu.go.jp"),
            ("city-midori-lg-jp.example.com", "city.midori.lg.jp"),
            ("city.midorl.lg.jp", "city.midori.lg.jp"),
            ("midori.com", "city.midori.lg.jp"),
            ("rakutan.co.jp", "rakuten.co.jp"),
            ("soumu.g0.jp", "soumu.go.jp"),
            ("www.soumu.gо.jp", "soumu.go.jp"),
            ("city.midori.1g.jp", "city.midori.lg.jp"),
            ("city.midori.ig.jp", "city.midori.lg.jp"),
            ("soumu.go-jp.net", "soumu.go.jp"),
            ("soumu-go-jp.net", "soumu.go.jp"),
            ("lg-jp.com", "lg.jp"),
            ("city.aoba.lg-jp.com", "city.aoba.lg.jp"),
            ("somewhere-lg-jp.com", "somewhere.lg.jp"),
            ("chiyoda.1g.jp", "chiyoda.lg.jp"),
            ("city.aoba.lq.jp", "city.aoba.lg.jp"),
            ("soumu.qo.jp", "soumu.go.jp"),
            ("kuronekoyamoto.co.jp", "kuronekoyamato.co.jp"),
        ] {
            assert_eq!(like(host).as_deref(), Some(known), "{host}");
        }
    }

    #[test]
    fn honest_names_are_left_alone() {
        for host in [
            "www.amazon.co.jp",
            "mail.city.midori.lg.jp",
            "example.co.jp",
            "google.co.jp",
            "gmail.com",
            "city.yokohama.lg.jp",
            "amazonaws.com",
            "metro.tokyo.lg.jp",
            "apple.co.jp",
            "nifty.com",
            "kantei.go.jp",
            "rakuten.com",
            "hitachi.co.jp",
            "city.chiyoda.lg.jp",
            "www.mof.go.jp",
            "ag.jp",
            "example.lq.example",
            "lq.jp",
            "www.ig.jp",
            "mail.qo.jp",
            "go.jp.example",
            "tokyo-jp.com",
            "cargo-jp.com",
            "logo-jp.net",
            "10.jp",
            "go2.jp",
            "kyoto.jp",
        ] {
            assert_eq!(like(host), None, "{host}");
        }
    }
}
