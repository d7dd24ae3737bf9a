//! Turns calendar data into text to read: alarms, attachments and private
//! extensions go, what a person needs to know stays.
//!
//! Source: RFC 5545.

/// Properties that a person reads; every other line is dropped.
const SHOWN: &[&str] = &[
    "METHOD",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    "LOCATION",
    "DESCRIPTION",
    "ORGANIZER",
    "ATTENDEE",
    "STATUS",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "COMMENT",
    "CONTACT",
    "PRIORITY",
    "CATEGORIES",
    "CLASS",
];

/// Returns the shown lines, one property a line.
pub(crate) fn text(calendar: &str) -> String {
    let unfolded = calendar.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let mut out = String::new();
    let mut skipped: Option<String> = None;
    for line in unfolded.lines() {
        let upper = line.trim().to_ascii_uppercase();
        if let Some(end) = &skipped {
            if upper == *end {
                skipped = None;
            }
            continue;
        }
        match upper.strip_prefix("BEGIN:") {
            Some(kind @ ("VALARM" | "VTIMEZONE")) => skipped = Some(format!("END:{kind}")),
            Some(kind) if kind.starts_with("X-") => skipped = Some(format!("END:{kind}")),
            Some(_) | None => {
                if let Some(shown) = shown(line) {
                    out.push_str(&shown);
                    out.push('\n');
                }
            }
        }
    }
    out
}

fn shown(line: &str) -> Option<String> {
    let colon = colon(line)?;
    let (head, value) = line.split_at(colon);
    let mut parts = head.split(';');
    let name = parts.next()?.to_ascii_uppercase();
    if !SHOWN.contains(&name.as_str()) {
        return None;
    }
    // A zone or a person's name helps to read the value; other parameters do not.
    let kept: Vec<&str> = parts
        .filter(|part| {
            let upper = part.to_ascii_uppercase();
            upper.starts_with("TZID=") || upper.starts_with("CN=")
        })
        .collect();
    let value = value[1..].replace("\\n", "\n  ").replace("\\N", "\n  ");
    let value = value.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    Some(if kept.is_empty() {
        format!("{name}: {value}")
    } else {
        format!("{name} ({}): {value}", kept.join(", "))
    })
}

/// Finds the first colon outside quotes.
fn colon(line: &str) -> Option<usize> {
    let mut is_quoted = false;
    line.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '"';
        (c == ':' && !is_quoted).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_read_stays() {
        let calendar = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:会議\r\n の件\r\n\
            DTSTART;TZID=Asia/Tokyo:20260401T090000\r\nATTACH:file://host/x\r\nBEGIN:VALARM\r\n\
            DESCRIPTION:x\r\nEND:VALARM\r\nX-ALT-DESC:<script>\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(
            text(calendar),
            "SUMMARY: 会議の件\nDTSTART (TZID=Asia/Tokyo): 20260401T090000\n"
        );
    }
}
