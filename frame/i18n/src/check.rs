//! The check that every text that a page or a program names exists in both
//! languages, with the same placeholders, and that none lies unused. Run by
//! each crate's tests over its own sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use crate::{Catalogue, Language};

/// The keys that a source names.
#[derive(Debug, Default)]
pub struct Used {
    /// Whole keys, each with the file that names it.
    pub keys: BTreeMap<String, String>,
    /// Beginnings of keys that are put together at run time.
    pub prefixes: BTreeSet<String>,
}

impl Used {
    /// Reads every `.rs` and `.html` file under a folder.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn read(&mut self, folder: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.read(&path)?;
            } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "html") {
                let text = std::fs::read_to_string(&path)?;
                // What tests of a module say reaches no reader.
                let own = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                self.add(&path.display().to_string(), own);
            }
        }
        Ok(())
    }

    /// Adds the keys that one text names: `t("…")`, `key!("…")`,
    /// `Message::new("…")` and `Key::under("…-", …)`.
    pub fn add(&mut self, file: &str, text: &str) {
        for (mark, is_prefix) in MARKS {
            for (at, _) in text.match_indices(mark) {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                let is_part_of_word =
                    before.is_some_and(|before| before.is_alphanumeric() || before == '_');
                let rest = text.get(at + mark.len()..).unwrap_or_default();
                let Some((name, _)) = rest.split_once('"') else { continue };
                if is_part_of_word || !is_name(name) {
                    continue;
                }
                if is_prefix {
                    self.prefixes.insert(name.to_owned());
                } else {
                    self.keys.insert(name.to_owned(), file.to_owned());
                }
            }
        }
    }
}

/// What stands before a key, and whether it is only a key's beginning.
const MARKS: [(&str, bool); 4] =
    [("t(\"", false), ("key!(\"", false), ("Message::new(\"", false), ("Key::under(\"", true)];

/// Lists what is wrong between catalogues and the sources that use them.
/// `known` are catalogues of other crates that the sources may use too.
///
/// # Errors
/// If a source folder cannot be read.
pub fn complaints(
    own: &[Catalogue],
    known: &[Catalogue],
    folders: &[&Path],
) -> std::io::Result<Vec<String>> {
    let mut used = Used::default();
    for folder in folders {
        used.read(folder)?;
    }
    let mut complaints = Vec::new();
    let [ja, en] = Language::ALL.map(|language| keys(own, language, &mut complaints));
    let [known_ja, _] = Language::ALL.map(|language| keys(known, language, &mut complaints));
    for (key, file) in &used.keys {
        if !ja.contains_key(key) && !known_ja.contains_key(key) {
            complaints.push(format!("{file} names `{key}`, which no catalogue holds"));
        }
    }
    for (key, variables) in &ja {
        match en.get(key) {
            None => complaints.push(format!("`{key}` has no English text")),
            Some(english) if english != variables => {
                complaints.push(format!("`{key}` has other placeholders in English"));
            }
            Some(_) => {}
        }
        let is_in_family = used.prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()));
        if !used.keys.contains_key(key) && !is_in_family {
            complaints.push(format!("`{key}` is not used"));
        }
    }
    let only_english = en.keys().filter(|key| !ja.contains_key(*key));
    complaints.extend(only_english.map(|key| format!("`{key}` has no Japanese text")));
    Ok(complaints)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn keys(
    catalogues: &[Catalogue],
    language: Language,
    complaints: &mut Vec<String>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    for catalogue in catalogues {
        let text = catalogue.text(language);
        let resource = match fluent_syntax::parser::parse(text) {
            Ok(resource) => resource,
            Err((resource, _)) => {
                complaints.push(format!("{} ({}) has a fault", catalogue.name, language.tag()));
                resource
            }
        };
        for entry in &resource.body {
            let Entry::Message(message) = entry else { continue };
            let mut variables = BTreeSet::new();
            match &message.value {
                Some(pattern) => collect(pattern, DEPTH_MAX, &mut variables),
                None => complaints.push(format!("`{}` has no text", message.id.name)),
            }
            keys.insert(message.id.name.to_owned(), variables);
        }
    }
    keys
}

/// Selectors inside selectors that are looked into.
const DEPTH_MAX: u8 = 8;

fn collect(pattern: &Pattern<&str>, depth: u8, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => collect_inline(inline, variables),
            Expression::Select { selector, variants } => {
                collect_inline(selector, variables);
                if let Some(depth) = depth.checked_sub(1) {
                    variants.iter().for_each(|variant| collect(&variant.value, depth, variables));
                }
            }
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) {
    if let InlineExpression::VariableReference { id } = inline {
        variables.insert(id.name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ja: &'static str, en: &'static str, source: &str) -> Vec<String> {
        let folder = std::env::temp_dir().join(format!("i18n-check-{}", std::process::id()));
        let folder = folder.join(source.len().to_string()).join(ja.len().to_string());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("page.html"), source).unwrap();
        let own = [Catalogue { name: "sample", ja, en }];
        let found = complaints(&own, &[], &[&folder]).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        found
    }

    #[test]
    fn a_clean_page_has_no_complaint() {
        let page = "{{ view.t(\"hello-you\") }} {{ format(\"x\") }}";
        assert_eq!(check("hello-you = 今日は { $n }", "hello-you = Hello { $n }", page), [""; 0]);
    }

    #[test]
    fn a_key_without_text_is_found() {
        let found = check("a-b = あ", "a-b = A", "{{ view.t(\"a-b\") }}{{ view.t(\"c-d\") }}");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`c-d`, which no catalogue holds"));
    }

    #[test]
    fn languages_must_agree() {
        let page = "key!(\"a-b\") Key::under(\"duty-\", x)";
        let ja = "a-b = { $x }件\nduty-one = い\nleft-over = う";
        let en = "a-b = files\nleft-over = U\nmore = M";
        assert_eq!(
            check(ja, en, page),
            [
                "`a-b` has other placeholders in English",
                "`duty-one` has no English text",
                "`left-over` is not used",
                "`more` has no Japanese text",
            ]
        );
    }
}
