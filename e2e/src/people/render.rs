//! Writes a content in every format that can be made here.

mod binary;
mod office;
mod page;
mod plain;

use super::Random;
use super::content::Content;
use crate::make::zip::Zip;

/// Every format, with the ways in which some carry text out of sight.
pub(super) const FORMATS: &[&str] = &[
    "docx",
    "xlsx",
    "csv",
    "pdf",
    "docx-header",
    "xlsx-number",
    "csv-cp932",
    "pptx",
    "odt",
    "xlsx-hidden",
    "tsv",
    "ods",
    "pdf-scan",
    "txt",
    "html",
    "rtf",
    "docx-textbox",
    "eml",
    "xls",
    "zip",
    "doc",
    "odp",
    "txt-cp932",
    "eml-attached",
    "docx-comment",
    "ppt",
    "xlsb",
    "msg",
    "xlsx-comment",
];

/// Writes a file; returns its extension and bytes.
pub(super) fn render(
    format: &'static str,
    content: &Content,
    random: &mut Random,
) -> (&'static str, Vec<u8>) {
    match format {
        "docx" => ("docx", office::docx(content, office::Story::Body)),
        "docx-header" => ("docx", office::docx(content, office::Story::Header)),
        "docx-comment" => ("docx", office::docx(content, office::Story::Comment)),
        "docx-textbox" => ("docx", office::docx(content, office::Story::TextBox)),
        "xlsx" => ("xlsx", office::xlsx(content, office::Cells::Shared)),
        "xlsx-number" => ("xlsx", office::xlsx(content, office::Cells::Numbers)),
        "xlsx-hidden" => ("xlsx", office::xlsx(content, office::Cells::Hidden)),
        "xlsx-comment" => ("xlsx", office::xlsx(content, office::Cells::Comment)),
        "pptx" => ("pptx", office::pptx(content)),
        "odt" => ("odt", office::odt(content)),
        "ods" => ("ods", office::ods(content)),
        "odp" => ("odp", office::odp(content)),
        "pdf" => ("pdf", page::pdf(content, false)),
        "pdf-scan" => ("pdf", page::pdf(content, true)),
        "csv" => ("csv", plain::separated(content, ',').into_bytes()),
        "csv-cp932" => ("csv", cp932(&plain::separated(content, ','))),
        "tsv" => ("tsv", plain::separated(content, '\t').into_bytes()),
        "txt" => ("txt", plain::text(content, random).into_bytes()),
        "txt-cp932" => ("txt", cp932(&plain::text(content, random))),
        "html" => ("html", plain::html(content).into_bytes()),
        "rtf" => ("rtf", plain::rtf(content)),
        "eml" => ("eml", plain::mail(&plain::text(content, random), None)),
        "eml-attached" => {
            let file = office::xlsx(content, office::Cells::Shared);
            ("eml", plain::mail("名簿を送ります。", Some(("名簿.xlsx", &file))))
        }
        "msg" => ("msg", binary::msg(&plain::text(content, random))),
        "zip" => {
            let inner = plain::separated(content, ',').into_bytes();
            let note = "一覧を送ります。".as_bytes();
            ("zip", Zip::of(&[("お知らせ.txt", note), ("一覧.csv", &inner)]).write())
        }
        "xls" => ("xls", binary::xls(content)),
        "doc" => ("doc", binary::doc(content)),
        "ppt" => ("ppt", binary::ppt(content)),
        "xlsb" => ("xlsb", binary::xlsb(content)),
        other => unreachable!("the list of formats names {other}"),
    }
}

fn cp932(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}
