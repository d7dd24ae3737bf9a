//! Sentences of offices that say nothing about anybody.

use super::Random;
use super::content::Content;

const SENTENCES: &[&str] = &[
    "標記の件について、下記のとおりお知らせします。",
    "ご不明な点は、総務課庶務係までお問い合わせください。",
    "提出期限は令和8年12月15日(火)午後5時です。",
    "本書は市のホームページからもダウンロードできます。",
    "会議は第一会議室で行いますので、10分前までにお集まりください。",
    "予算額は1,234,567千円で、前年度比103.4%となりました。",
    "条例第12条第3項の規定により、次のとおり公告する。",
    "お手数ですが、同封の返信用封筒でご返送ください。",
    "申請書は窓口に備え付けてあります。",
    "施設の利用時間は9時から17時まで、休館日は毎週月曜日です。",
];

/// Adds one to three sentences.
pub(super) fn around(content: &mut Content, random: &mut Random) {
    for _ in 0..=random.below(3) {
        content.line(*random.of(SENTENCES));
    }
}
