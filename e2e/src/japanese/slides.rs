//! PowerPoint with vertical text boxes.

use super::{LETTERS, Sample};
use crate::inject::deck;
use crate::make::xml::Wording;

/// Every document of this kind.
pub fn samples() -> Vec<Sample> {
    let mut package = deck();
    let shape = format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"7\" name=\"縦書き\"/><p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"7000000\" y=\"600000\"/><a:ext cx=\"900000\" cy=\"5000000\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr vert=\"eaVert\"/><a:p><a:r><a:rPr lang=\"ja-JP\" altLang=\"en-US\"/><a:t>防災訓練のご案内</a:t></a:r></a:p><a:p><a:r><a:rPr lang=\"ja-JP\"/><a:t>{LETTERS}</a:t></a:r></a:p></p:txBody></p:sp>"
    );
    package.before("ppt/slides/slide1.xml", "</p:spTree>", &shape);
    vec![Sample::new(
        "防災訓練.pptx",
        package.write(Wording::Plain),
        &["防災訓練のご案内", LETTERS],
    )]
}
