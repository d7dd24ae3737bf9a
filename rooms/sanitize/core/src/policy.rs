//! What a body lets its files keep. Defaults are safe: whatever is not named
//! here is removed. Reads no files; the room parses TOML into it.

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// Keep a harmless kind of content, remove it, or turn it into plain content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Stays as it is, after it was disarmed.
    Keep,
    /// Goes, with a line in the report.
    Remove,
    /// Becomes plain content that looks the same.
    Flatten,
}

/// What happens to links that a person may click on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hyperlinks {
    /// `http`, `https` and `mailto` stay; every other scheme is removed.
    Keep,
    /// All go; the text stays.
    Remove,
}

/// What happens to files inside files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Embedded {
    /// Each is disarmed by its own type and goes back in where that is safe.
    Sanitize,
    /// All go; the picture that stood for them stays.
    Remove,
}

/// What happens to fonts inside documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fonts {
    /// Checked table by table and written anew.
    Rebuild,
    /// Removed; the reader's own fonts are used.
    Remove,
}

/// The three ready-made policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Nothing that a plain printed page would not show.
    Strict,
    /// The everyday policy of an office: links, comments and changes stay.
    Office,
    /// Only text is delivered, whatever the command asks for.
    TextOnly,
}

/// Word, Excel, PowerPoint and OpenDocument. Embedded fonts always go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficePolicy {
    /// Links to web pages and mail addresses.
    pub hyperlinks: Hyperlinks,
    /// Comments and their authors' names.
    pub comments: Choice,
    /// Tracked changes: keep them, or `flatten` to the accepted text;
    /// `remove` does the same as `flatten`.
    pub tracked_changes: Choice,
    /// Title, author, company, dates.
    pub metadata: Choice,
    /// Legacy form fields and content controls.
    pub form_fields: Choice,
    /// Files inside the document.
    pub embedded_files: Embedded,
}

impl Default for OfficePolicy {
    fn default() -> Self {
        Self {
            hyperlinks: Hyperlinks::Keep,
            comments: Choice::Keep,
            tracked_changes: Choice::Keep,
            metadata: Choice::Remove,
            form_fields: Choice::Keep,
            embedded_files: Embedded::Remove,
        }
    }
}

/// PDF. Files inside it always go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PdfPolicy {
    /// Links to web pages, mail addresses and pages of the same document.
    pub hyperlinks: Hyperlinks,
    /// Mark-up annotations: `flatten` draws them on the page, `remove` drops
    /// them. They are never kept as annotations, and `keep` means `flatten`.
    pub comments: Choice,
    /// Form fields: `flatten` or `keep` draw their appearance on the page.
    pub form_fields: Choice,
    /// Signatures' appearance: `flatten` or `keep` draw it; the signature
    /// itself cannot survive a rebuild.
    pub signatures: Choice,
    /// Title, author, dates.
    pub metadata: Choice,
    /// Bookmarks that lead to a page of the same document.
    pub outlines: Choice,
    /// Embedded fonts; `remove` redraws text from the reader's fonts and can
    /// change how a page looks.
    pub fonts: Fonts,
}

impl Default for PdfPolicy {
    fn default() -> Self {
        Self {
            hyperlinks: Hyperlinks::Keep,
            comments: Choice::Flatten,
            form_fields: Choice::Flatten,
            signatures: Choice::Flatten,
            metadata: Choice::Remove,
            outlines: Choice::Keep,
            fonts: Fonts::Rebuild,
        }
    }
}

/// Plain text, CSV, HTML and RTF.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextPolicy {
    /// Cells that a spreadsheet would calculate: `flatten` puts an apostrophe
    /// before them, `remove` empties them, `keep` leaves them.
    pub formulas: Choice,
    /// Links in HTML and RTF.
    pub hyperlinks: Hyperlinks,
}

impl Default for TextPolicy {
    fn default() -> Self {
        Self { formulas: Choice::Flatten, hyperlinks: Hyperlinks::Keep }
    }
}

/// Pictures, alone or inside documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImagePolicy {
    /// Quality of JPEG that is made from pixels, 1 to 100: drawn pages, and
    /// JPEG 2000 in PDF. A JPEG itself is carried over without loss.
    pub jpeg_quality: u8,
    /// Resolution of drawn pages (method ②), in dots per inch, 50 to 600.
    pub dpi: u32,
    /// Whether drawn pages carry their text invisibly, so that it can be
    /// searched and copied.
    pub text_layer: bool,
}

impl Default for ImagePolicy {
    fn default() -> Self {
        Self { jpeg_quality: 90, dpi: 150, text_layer: false }
    }
}

/// Archives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArchivePolicy {
    /// A member that is refused or held: `remove` delivers the archive
    /// without it, `keep` refuses the whole archive.
    pub refused_members: Choice,
    /// Lock the new archive with the password that opened the old one
    /// (AES-256); otherwise it is delivered without a password.
    pub encrypt_again: bool,
}

impl Default for ArchivePolicy {
    fn default() -> Self {
        Self { refused_members: Choice::Remove, encrypt_again: false }
    }
}

/// Mail messages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailPolicy {
    /// HTML bodies: `keep` delivers safe HTML beside the text, `remove` or
    /// `flatten` only the text.
    pub html: Choice,
    /// An attachment that is refused or held: `remove` delivers the message
    /// with a note in its place, `keep` refuses the whole message.
    pub refused_attachments: Choice,
}

impl Default for MailPolicy {
    fn default() -> Self {
        Self { html: Choice::Keep, refused_attachments: Choice::Remove }
    }
}

/// Everything a body decides about its files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Deliver text only, whatever method is asked for.
    pub text_only: bool,
    /// Word, Excel, PowerPoint and OpenDocument.
    pub office: OfficePolicy,
    /// PDF.
    pub pdf: PdfPolicy,
    /// Plain text, CSV, HTML and RTF.
    pub text: TextPolicy,
    /// Pictures.
    pub image: ImagePolicy,
    /// Archives.
    pub archive: ArchivePolicy,
    /// Mail messages.
    pub mail: MailPolicy,
    /// What a job may cost.
    pub limits: Limits,
}

impl Policy {
    /// Returns the ready-made policy of that name.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        match preset {
            Preset::Office => Self::default(),
            Preset::TextOnly => Self { text_only: true, ..Self::strict() },
            Preset::Strict => Self::strict(),
        }
    }

    fn strict() -> Self {
        Self {
            office: OfficePolicy {
                hyperlinks: Hyperlinks::Remove,
                comments: Choice::Remove,
                tracked_changes: Choice::Flatten,
                form_fields: Choice::Flatten,
                ..OfficePolicy::default()
            },
            pdf: PdfPolicy {
                hyperlinks: Hyperlinks::Remove,
                comments: Choice::Remove,
                outlines: Choice::Remove,
                ..PdfPolicy::default()
            },
            text: TextPolicy { hyperlinks: Hyperlinks::Remove, ..TextPolicy::default() },
            mail: MailPolicy { html: Choice::Remove, ..MailPolicy::default() },
            ..Self::default()
        }
    }
}
