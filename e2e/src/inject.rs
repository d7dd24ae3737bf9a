//! The injector: every vector of the catalogue, one a file, in several
//! wordings, and a benign twin of every carrier.

mod archive;
mod docx;
mod docx_fields;
mod docx_parts;
mod html;
mod image;
mod mail;
mod msg;
mod odf;
mod office;
mod ole;
mod package;
mod packed;
mod pdf;
mod ppt;
mod pptx;
mod refused;
mod rtf;
mod text;
mod xlsb;
mod xlsx;
mod xlsx_parts;

use crate::case::Case;
use crate::make::package::Package;

pub use mail::base64;

/// A sentence that every carrier shows and no sanitiser may lose.
pub const SENTENCE: &str = "関所の検査用文書です。𠮷田さんと髙﨑さん、令和8年。Line 0123";

/// The plain document that the vectors of Word are planted in.
#[must_use]
pub fn document() -> Package {
    docx::base()
}

/// The plain deck that the vectors of PowerPoint are planted in.
#[must_use]
pub fn deck() -> Package {
    pptx::base()
}

/// Every case of the injector, twins included, ids unique.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        docx::cases(),
        docx_fields::cases(),
        xlsx::cases(),
        xlsb::cases(),
        pptx::cases(),
        package::cases(),
        odf::cases(),
        pdf::cases(),
        ole::cases(),
        ppt::cases(),
        rtf::cases(),
        html::cases(),
        image::cases(),
        text::cases(),
        mail::cases(),
        msg::cases(),
        archive::cases(),
        packed::cases(),
        refused::cases(),
    ]
    .concat()
}
