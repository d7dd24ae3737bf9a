//! OpenFormula expressions: files, DDE and functions that call out.
//!
//! Source: OpenDocument 1.3 part 4.

use sanitize_core::Hyperlinks;

use crate::opc::formula::judge as judge_calls;
use crate::rules;

/// Judges an expression; returns the rule that it breaks.
pub(super) fn judge(expression: &str, hyperlinks: Hyperlinks) -> Option<(&'static str, String)> {
    let trimmed = expression.trim_start();
    let body = match trimmed.split_once(':') {
        Some(("of" | "oooc" | "ooow", rest)) => rest,
        Some((prefix, rest))
            if rest.starts_with('=') && prefix.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
        {
            return Some((rules::FORMULA, format!("an expression in {prefix}")));
        }
        _ => trimmed,
    };
    if let Some(file) = quoted_file(body) {
        return Some((rules::FORMULA_EXTERNAL, file));
    }
    // References stand in brackets here; without them the rest reads alike,
    // and parameters are divided by semicolons.
    let plain: String =
        body.chars().map(|c| if matches!(c, '[' | ']') { ' ' } else { c }).collect();
    judge_calls(&plain, hyperlinks)
}

/// Finds a quoted name that a `#` follows: the name of another file.
fn quoted_file(body: &str) -> Option<String> {
    let mut is_text = false;
    let mut start = None;
    for (at, c) in body.char_indices() {
        match c {
            '"' if start.is_none() => is_text = !is_text,
            '\'' if !is_text => match start.take() {
                None => start = Some(at),
                Some(from) => {
                    let name = body.get(from..=at).unwrap_or_default();
                    let is_file = body.get(at + 1..).is_some_and(|rest| rest.starts_with('#'));
                    if is_file || name.contains("://") || name.contains("file:") {
                        return Some(name.to_owned());
                    }
                }
            },
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_outside_is_found() {
        let rule = |text: &str| judge(text, Hyperlinks::Keep).map(|(rule, _)| rule);
        assert_eq!(rule("of:=SUM([.A1:.B2];[$'my sheet'.C3])"), None);
        assert_eq!(rule("of:=IF([.A1]>0;\"'file:///x'#\";1)"), None);
        assert_eq!(rule("of:=['file:///c:/x.ods'#$Sheet1.A1]"), Some(rules::FORMULA_EXTERNAL));
        assert_eq!(rule("of:=COM.MICROSOFT.WEBSERVICE(\"http://x\")"), Some(rules::FORMULA));
        assert_eq!(rule("of:=DDE(\"cmd\";\"x\";\"y\")"), Some(rules::FORMULA));
        assert_eq!(rule("msoxl:=1"), Some(rules::FORMULA));
    }
}
