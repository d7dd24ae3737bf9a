//! Dates and times of Japan's clocks, in words. The caller has converted UTC
//! to Japan's time; nothing here knows an offset.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Weekday};

use crate::Language;

/// `2026年4月1日`, `1 April 2026`.
#[must_use]
pub fn date(language: Language, date: Date) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match language {
        Language::Japanese => format!("{year}年{month}月{day}日"),
        Language::English => format!("{day} {} {year}", month_name(month)),
    }
}

/// `令和8年(2026年)4月1日`, `1 April 2026 (Reiwa 8)`: for forms that ask for
/// the era.
#[must_use]
pub fn date_with_era(language: Language, on: Date) -> String {
    let Some((era, year_of_era)) = era(on) else { return date(language, on) };
    match language {
        Language::Japanese => {
            let (year, month, day) = (on.year(), on.month(), on.day());
            let of_era = if year_of_era == 1 { "元".to_owned() } else { year_of_era.to_string() };
            format!("{}{of_era}年({year}年){month}月{day}日", era.ja)
        }
        Language::English => format!("{} ({} {year_of_era})", date(language, on), era.en),
    }
}

/// `2026年4月1日(水) 9:05`, `Wed 1 April 2026, 09:05`.
#[must_use]
pub fn moment(language: Language, at: DateTime) -> String {
    let (hour, minute) = (at.hour(), at.minute());
    let day = date(language, at.date());
    let weekday = weekday(language, at.weekday());
    match language {
        Language::Japanese => format!("{day}({weekday}) {hour}:{minute:02}"),
        Language::English => format!("{weekday} {day}, {hour:02}:{minute:02}"),
    }
}

/// `2026/04/01 09:05`, `2026-04-01 09:05`: for tables, where digits align.
#[must_use]
pub fn moment_short(language: Language, at: DateTime) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute) = (at.hour(), at.minute());
    match language {
        Language::Japanese => format!("{year}/{month:02}/{day:02} {hour:02}:{minute:02}"),
        Language::English => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
    }
}

/// A length of time in its two largest units, rounded down to minutes:
/// `3時間20分`, `3 h 20 min`.
#[must_use]
pub fn span(language: Language, length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let (day, hour, minute, gap) = match language {
        Language::Japanese => ("日", "時間", "分", ""),
        Language::English => (" d", " h", " min", " "),
    };
    match (days, hours, minutes) {
        (0, 0, minutes) => format!("{minutes}{minute}"),
        (0, hours, 0) => format!("{hours}{hour}"),
        (0, hours, minutes) => format!("{hours}{hour}{gap}{minutes}{minute}"),
        (days, 0, _) => format!("{days}{day}"),
        (days, hours, _) => format!("{days}{day}{gap}{hours}{hour}"),
    }
}

struct Era {
    ja: &'static str,
    en: &'static str,
    first: (i16, i8, i8),
}

/// First days of the eras since Japan counts days as the world does (1873).
const ERAS: [Era; 5] = [
    Era { ja: "令和", en: "Reiwa", first: (2019, 5, 1) },
    Era { ja: "平成", en: "Heisei", first: (1989, 1, 8) },
    Era { ja: "昭和", en: "Showa", first: (1926, 12, 25) },
    Era { ja: "大正", en: "Taisho", first: (1912, 7, 30) },
    Era { ja: "明治", en: "Meiji", first: (1873, 1, 1) },
];

/// 1873 was the sixth year of Meiji.
const MEIJI_FIRST_YEAR: i16 = 1868;

fn era(date: Date) -> Option<(&'static Era, i16)> {
    let given = (date.year(), date.month(), date.day());
    let era = ERAS.iter().find(|era| given >= era.first)?;
    let first_year = if era.first.0 == 1873 { MEIJI_FIRST_YEAR } else { era.first.0 };
    Some((era, date.year() - first_year + 1))
}

const fn weekday(language: Language, day: Weekday) -> &'static str {
    let (ja, en) = match day {
        Weekday::Monday => ("月", "Mon"),
        Weekday::Tuesday => ("火", "Tue"),
        Weekday::Wednesday => ("水", "Wed"),
        Weekday::Thursday => ("木", "Thu"),
        Weekday::Friday => ("金", "Fri"),
        Weekday::Saturday => ("土", "Sat"),
        Weekday::Sunday => ("日", "Sun"),
    };
    match language {
        Language::Japanese => ja,
        Language::English => en,
    }
}

fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let index = usize::try_from(month - 1).unwrap_or_default();
    NAMES.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil;

    use super::*;

    #[test]
    fn eras_change_on_their_first_day() {
        let ja =
            |year, month, day| date_with_era(Language::Japanese, civil::date(year, month, day));
        assert_eq!(ja(2019, 4, 30), "平成31年(2019年)4月30日");
        assert_eq!(ja(2019, 5, 1), "令和元年(2019年)5月1日");
        assert_eq!(ja(1989, 1, 7), "昭和64年(1989年)1月7日");
        assert_eq!(ja(1989, 1, 8), "平成元年(1989年)1月8日");
        assert_eq!(ja(1926, 12, 24), "大正15年(1926年)12月24日");
        assert_eq!(ja(1912, 7, 29), "明治45年(1912年)7月29日");
        assert_eq!(ja(1872, 12, 31), "1872年12月31日");
        let en = date_with_era(Language::English, civil::date(2026, 4, 1));
        assert_eq!(en, "1 April 2026 (Reiwa 8)");
    }

    #[test]
    fn moments_in_both_languages() {
        let at = civil::date(2026, 4, 1).at(9, 5, 59, 0);
        assert_eq!(moment(Language::Japanese, at), "2026年4月1日(水) 9:05");
        assert_eq!(moment(Language::English, at), "Wed 1 April 2026, 09:05");
        assert_eq!(moment_short(Language::Japanese, at), "2026/04/01 09:05");
    }

    #[test]
    fn spans_show_two_units() {
        let ja = |seconds| span(Language::Japanese, Duration::from_secs(seconds));
        assert_eq!(ja(59), "0分");
        assert_eq!(ja(12_000), "3時間20分");
        assert_eq!(ja(86_400 * 7), "7日");
        assert_eq!(ja(86_400 + 7_260), "1日2時間");
        assert_eq!(span(Language::English, Duration::from_secs(12_000)), "3 h 20 min");
    }
}
